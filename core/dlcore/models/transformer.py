"""The transformer: every day of a window may look at every other, and the newest speaks.

In come windows, and where there are any further labels of volatility and regime; out come a return, a volatility and a
regime. A window holds nothing but the past, so no mask is needed within it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from dlcore.models.neural import NeuralForecaster, check_dropout
from dlcore.nn import Encoder, SinusoidalPositions


class EncodedWindow(nn.Module):
    """Days as vectors, their places added, an encoder, and of its answers the newest day's."""

    def __init__(self, features: int, width: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.embed, self.place = nn.Linear(features, width), SinusoidalPositions(width)
        self.encoder = Encoder(width, heads, layers, dropout=dropout)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """(B, L, F) to (B, width)."""
        days = self.place(self.embed(windows))  # (B, L, D)
        return self.encoder(days)[:, -1]  # (B, D)


@dataclass
class TransformerForecaster(NeuralForecaster):
    """A pre-norm encoder over the days of a window; heads for return, volatility and regime.

    The return is always taught; volatility and regime where `make_windows` was given `further` labels of these names.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    width : int
        Of a day's vector, even.
    heads : int
        A divisor of the width.
    layers : int
        ≥ 1.
    dropout : float
        In [0, 1).

    References
    ----------
    Vaswani et al., "Attention is all you need", NeurIPS (2017); Caruana, "Multitask learning", Machine Learning 28
    (1997).
    """

    width: int = 64
    heads: int = 4
    layers: int = 2
    dropout: float = 0.1

    _heads: ClassVar[tuple[str, ...]] = ("return", "volatility", "regime")
    _schedule: ClassVar[Mapping[str, Any]] = {"warm_up": 0.1}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dropout(self.dropout)
        if self.width < 2 or self.width % 2:
            raise ValueError(f"width={self.width!r} is not allowed: give an even integer ≥ 2")
        if self.heads < 1 or self.width % self.heads:
            raise ValueError(f"heads={self.heads!r} is not allowed: give a divisor of width={self.width}")
        if self.layers < 1:
            raise ValueError(f"layers={self.layers!r} is not allowed: give an integer ≥ 1")

    def _body(self, features: int, length: int) -> tuple[nn.Module, int]:
        return EncodedWindow(features, self.width, self.heads, self.layers, self.dropout), self.width
