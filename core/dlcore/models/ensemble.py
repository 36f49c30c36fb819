"""Several forecasters as one: the mean of their ranks, so that none speaks louder by its units."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dlcore.models.forecaster import Forecaster, load_forecaster

if TYPE_CHECKING:
    from dlcore.windows import Windows


@dataclass
class Ensemble(Forecaster):
    """Each member scores; each date's scores become ranks in (−½, ½), ties averaged; the score is their mean.

    Parameters
    ----------
    members : tuple of Forecaster
        At least one; `fit` fits them all on the same windows.
    """

    members: tuple[Forecaster, ...]

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("members are empty: give at least one forecaster")

    def settings(self) -> dict[str, Any]:
        """How many members there are; their own settings lie in their folders."""
        return {"members": len(self.members)}

    def parameters(self) -> int:
        """Those of all members."""
        return sum(member.parameters() for member in self.members)

    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        for member in self.members:
            member.fit(train, validation)
        return {}

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        from scipy.stats import rankdata

        scores = np.stack([member._score(windows, member._state or {}) for member in self.members])  # (M, n)
        ranks = np.empty_like(scores)
        for today in windows.by_date():
            ranks[:, today] = (rankdata(scores[:, today], axis=1) - 0.5) / len(today) - 0.5
        return ranks.mean(0)

    def _write(self, folder: Path) -> None:
        for number, member in enumerate(self.members):
            member.save(folder / f"member_{number}")

    @classmethod
    def _made(cls, settings: Mapping[str, Any], folder: Path) -> Self:
        return cls(tuple(load_forecaster(folder / f"member_{k}") for k in range(int(settings["members"]))))
