"""Persistence: what was, will be. The first opponent of every model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.models.forecaster import Forecaster

if TYPE_CHECKING:
    from dlcore.windows import Windows


@dataclass
class Persistence(Forecaster):
    """The score is one feature as it stands on the decision date, such as the last five days' return.

    Parameters
    ----------
    feature : str
        Its name; with ``sign=-1`` a reversal, and any factor scored by itself is an entry of this kind.
    sign : {1, -1}
    """

    feature: str
    sign: int = 1

    def __post_init__(self) -> None:
        if self.sign not in (1, -1):
            raise ValueError(f"sign={self.sign!r} is not allowed: give 1 or -1")

    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        if self.feature not in train.feature_names:
            raise ValueError(f"feature={self.feature!r} is not there: give one of {', '.join(train.feature_names)}")
        return {}

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        column = windows.feature_names.index(self.feature)
        return self.sign * np.asarray(windows.last_rows(), dtype=np.float64)[:, column]
