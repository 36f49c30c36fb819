"""The inverted transformer: a token is not a moment of all channels, but a channel over the whole window.

In come windows; channels look at one another, and what a channel then is becomes its future by one linear map. There
are no positions: whoever permutes the channels permutes the forecast.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from dlcore.models.channels import ChannelForecaster
from dlcore.models.neural import check_dropout
from dlcore.nn import Dropout, Encoder, RevIN


class InvertedTransformer(nn.Module):
    """Each channel on its own scale, embedded, encoded among the others, and mapped to its future on the old scale."""

    def __init__(
        self, look_back: int, horizon: int, channels: int, *, width: int, heads: int, layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.scale = RevIN(channels, affine=False)
        self.embed, self.drop = nn.Linear(look_back, width), Dropout(dropout)
        self.encoder = Encoder(width, heads, layers, hidden=width, dropout=dropout, norm="post")
        self.project = nn.Linear(width, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) to (B, H, C)."""
        scaled, scale = self.scale(windows)
        tokens = self.drop(self.embed(scaled.transpose(1, 2)))  # (B, C, L) to (B, C, D)
        said = self.project(self.encoder(tokens))  # (B, C, H)
        return self.scale.restore(said.transpose(1, 2), scale)


@dataclass
class ITransformer(ChannelForecaster):
    """A post-norm encoder over channels; its feed-forward networks are as wide as a token.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    width : int
        Of a channel's vector, ≥ 1.
    heads : int
        A divisor of the width.
    layers : int
        ≥ 1.
    dropout : float
        In [0, 1).

    References
    ----------
    Liu et al., "iTransformer: inverted transformers are effective for time series forecasting", ICLR (2024),
    section 3.1. The scale is that of Liu et al., "Non-stationary transformers", NeurIPS (2022), without what it learns.
    """

    width: int = 64
    heads: int = 4
    layers: int = 2
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dropout(self.dropout)
        for name in ("width", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give an integer ≥ 1")
        if self.heads < 1 or self.width % self.heads:
            raise ValueError(f"heads={self.heads!r} is not allowed: give a divisor of width={self.width}")

    def network(self, look_back: int, horizon: int, channels: int) -> nn.Module:
        """`InvertedTransformer` of these settings."""
        return InvertedTransformer(
            *(look_back, horizon, channels),
            width=self.width,
            heads=self.heads,
            layers=self.layers,
            dropout=self.dropout,
        )
