"""The recurrent network: two LSTM layers read a window day by day, and speak after the last.

In come windows, and where there are any labels of the volatility regime; out come a price, a direction and the regime.
Small, on `recipes.LSTM_ALPHA` and `targets.alpha_score`, it is the cross-sectional ranker of that reference system.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from dlcore.models.priced import PricedForecaster

DENSE = 16


class TwoLayers(nn.Module):
    """LSTM, dropout .3, LSTM, dropout .2, a dense layer on the last day's state."""

    def __init__(self, features: int, widths: tuple[int, int]) -> None:
        super().__init__()
        self.first = nn.LSTM(features, widths[0], batch_first=True)
        self.second = nn.LSTM(widths[0], widths[1], batch_first=True)
        self.between, self.after = nn.Dropout(0.3), nn.Dropout(0.2)
        self.dense = nn.Linear(widths[1], DENSE)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """(B, L, F) to (B, 16)."""
        states, _ = self.first(windows)  # (B, L, 64)
        states, _ = self.second(self.between(states))  # (B, L, 32)
        return torch.relu(self.dense(self.after(states[:, -1])))  # (B, 32) to (B, 16)


@dataclass
class LSTM(PricedForecaster):
    """features → LSTM 64 → LSTM 32 → dense 16 → price, direction, and regime where it is taught.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    target : {"return", "level"}
        As `PricedForecaster`.
    widths : tuple of two int
        Of the two layers' states, each ≥ 1.

    References
    ----------
    Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997).
    """

    weight_decay: float = 1e-5
    patience: int = 10
    widths: tuple[int, ...] = (64, 32)

    _heads: ClassVar[tuple[str, ...]] = ("return", "direction", "regime")
    _schedule: ClassVar[Mapping[str, Any]] = {"warm_up": 0.0, "floor": 1.0}

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.widths) != 2 or min(self.widths) < 1:
            raise ValueError(f"widths={self.widths!r} are not allowed: give two integers ≥ 1")

    def _body(self, features: int, length: int) -> tuple[nn.Module, int]:
        first, second = self.widths
        return TwoLayers(features, (first, second)), DENSE
