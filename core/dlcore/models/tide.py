"""TiDE: an encoder and a decoder of plain dense layers, for each channel by itself, beside a straight line.

In come windows; a channel's past becomes a vector, the vector a few numbers for each step ahead, and those the step.
The paper's covariates (calendar, attributes of the channel) are left out: the files it is compared on have none that
help.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from dlcore.models.channels import ChannelForecaster
from dlcore.models.neural import check_dropout
from dlcore.nn import Dropout, LayerNorm, RevIN

STEP_WIDTH = 8  # numbers that the decoder leaves for each step ahead


class DenseResidual(nn.Module):
    """``skip(x) + drop(out(ReLU(hidden(x))))``, the skip linear too."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.branch = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs), Dropout(dropout))
        self.skip = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(…, inputs) to (…, outputs)."""
        return self.skip(x) + self.branch(x)


class DenseEncoderDecoder(nn.Module):
    """Dense encoder, dense decoder, temporal decoder and the straight line, on windows brought to their own scale.

    Each residual block ends with a norm, but for the last: it has one output, and a norm over one number is zero.
    """

    def __init__(self, look_back: int, horizon: int, channels: int, width: int, layers: int, dropout: float) -> None:
        super().__init__()
        widths = [look_back, *[width] * (2 * layers - 1), horizon * STEP_WIDTH]  # encoder, then decoder
        self.scale = RevIN(channels, affine=False)
        self.dense = nn.Sequential(
            *(
                nn.Sequential(DenseResidual(inputs, width, outputs, dropout), LayerNorm(outputs))
                for inputs, outputs in pairwise(widths)
            )
        )
        self.step = DenseResidual(STEP_WIDTH, width, 1, dropout)
        self.straight = nn.Linear(look_back, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) to (B, H, C)."""
        scaled, scale = self.scale(windows)
        past = scaled.transpose(1, 2)  # (B, C, L)
        steps = self.dense(past).unflatten(-1, (-1, STEP_WIDTH))  # (B, C, H · P) to (B, C, H, P)
        said = self.step(steps).squeeze(-1) + self.straight(past)  # (B, C, H)
        return self.scale.restore(said.transpose(1, 2), scale)


@dataclass
class TiDE(ChannelForecaster):
    """Residual blocks of dense layers, as many to encode a channel's past as to decode its future.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    width : int
        Of every block, ≥ 1.
    layers : int
        Blocks of the encoder, and of the decoder, ≥ 1.
    dropout : float
        In [0, 1).

    References
    ----------
    Das et al., "Long-term forecasting with TiDE: time-series dense encoder", TMLR (2023), section 4.
    """

    width: int = 64
    layers: int = 1
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dropout(self.dropout)
        for name in ("width", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give an integer ≥ 1")

    def network(self, look_back: int, horizon: int, channels: int) -> nn.Module:
        """`DenseEncoderDecoder` of these settings."""
        return DenseEncoderDecoder(look_back, horizon, channels, self.width, self.layers, self.dropout)
