"""The plain network: a window laid flat, three layers that narrow, a price and a direction.

In come windows of 30 sessions and 19 features, 570 numbers each, or of any other size. It does not know that one number
came before another, and stands here to be compared with those that do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from dlcore.models.priced import PricedForecaster


@dataclass
class ANN(PricedForecaster):
    """length · features → 256 → 128 → 64 → price and direction, ReLU and dropout .3, .3, .2 between.

    Adam's rate stays constant; the end of learning is left to the validation period.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    target : {"return", "level"}
        As `PricedForecaster`.
    """

    epochs: int = 100
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    patience: int = 10

    _schedule: ClassVar[Mapping[str, Any]] = {"warm_up": 0.0, "floor": 1.0}

    def _body(self, features: int, length: int) -> tuple[nn.Module, int]:
        layers: list[nn.Module] = [nn.Flatten()]  # (B, L, F) to (B, L·F)
        width = length * features
        for narrower, dropout in ((256, 0.3), (128, 0.3), (64, 0.2)):
            layers += [nn.Linear(width, narrower), nn.ReLU(), nn.Dropout(dropout)]
            width = narrower
        return nn.Sequential(*layers), width
