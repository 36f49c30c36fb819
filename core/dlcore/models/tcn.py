"""The convolutional network: kernels over days, each block reaching twice as far back as the one before.

In come windows; out come a return and a direction. As many blocks are taken as it needs for the newest day to see the
whole window.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from dlcore.models.neural import NeuralForecaster, check_dropout
from dlcore.nn import TemporalConvNet, receptive_field


class NewestDay(nn.Module):
    """A causal network over a window, and of its answers the last."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """(B, L, F) to (B, width)."""
        return self.network(windows)[:, -1]  # (B, L, D) to (B, D)


@dataclass
class TCN(NeuralForecaster):
    """Residual blocks of two causal convolutions, dilations 1, 2, 4, … until the newest day sees the whole window.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    width : int
        Channels of every block, ≥ 1.
    taps : int
        Of every kernel, ≥ 2.
    dropout : float
        In [0, 1).
    """

    width: int = 32
    taps: int = 3
    dropout: float = 0.2

    _heads: ClassVar[tuple[str, ...]] = ("return", "direction")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("width", 1), ("taps", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give an integer ≥ {least}")
        check_dropout(self.dropout)

    def _body(self, features: int, length: int) -> tuple[nn.Module, int]:
        dilations = [1]
        while receptive_field(self.taps, dilations) < length:
            dilations.append(2 * dilations[-1])
        network = TemporalConvNet(features, self.width, dilations=dilations, taps=self.taps, dropout=self.dropout)
        return NewestDay(network), self.width
