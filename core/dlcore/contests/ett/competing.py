"""An entrant on a file: fitted, and only then, once, judged on the test rows.

In come a Series and a name; out comes a Result. What learns by chance is fitted once for each seed, and none of the
seeds is chosen: the losses are their means.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dlcore.contests.ett.baselines import fit_ridge, repeat_last, seasonal_mean
from dlcore.contests.ett.judging import Losses, judge, mean_error
from dlcore.contests.ett.networks import SETTINGS, fit_network
from dlcore.contests.ett.task import check_count, make_task

if TYPE_CHECKING:
    from dlcore.contests.ett.judging import Forecast
    from dlcore.contests.ett.series import Series
    from dlcore.contests.ett.task import Task


@dataclass(frozen=True)
class Entrant:
    """Who may compete.

    Attributes
    ----------
    fit : callable
        From a Task and a seed to a forecast.
    look_back : int
        Where none is given.
    seeded : bool
        Whether chance is in it.
    """

    fit: "Callable[[Task, int], Forecast]"
    look_back: int
    seeded: bool


@dataclass(frozen=True, eq=False)
class Result:
    """How it went.

    Attributes
    ----------
    name : str
    horizon, look_back : int
    losses : Losses
        Of each test window, means over the seeds.
    by_seed : tuple of float
        The MSE of each; one for what has no seed.
    seconds : float
        Fitting and judging, all seeds together.
    """

    name: str
    horizon: int
    look_back: int
    losses: Losses
    by_seed: tuple[float, ...]
    seconds: float

    @property
    def mse(self) -> float:
        """Mean squared error over test windows, steps, channels and seeds."""
        return float(self.losses.squared.mean())

    @property
    def mae(self) -> float:
        """Mean absolute error, likewise."""
        return float(self.losses.absolute.mean())

    @property
    def mse_error(self) -> float:
        """Standard error of the MSE over the test windows, as `mean_error`; that over seeds is not in it."""
        return mean_error(self.losses.squared, self.horizon)

    @property
    def mae_error(self) -> float:
        """Standard error of the MAE, likewise."""
        return mean_error(self.losses.absolute, self.horizon)

    def against(self, other: "Result") -> tuple[float, float]:
        """MSE less that of another on the same windows, and the standard error of the difference, window by window.

        Raises
        ------
        ValueError
            For another horizon or other windows.
        """
        if self.horizon != other.horizon or len(self.losses.squared) != len(other.losses.squared):
            raise ValueError(f"{self.name} and {other.name} have other windows: give results of one file and horizon")
        apart = self.losses.squared - other.losses.squared
        return float(apart.mean()), mean_error(apart, self.horizon)


ENTRANTS = {
    "repeat-last": Entrant(lambda task, seed: repeat_last(task), 1, seeded=False),
    "seasonal-mean": Entrant(lambda task, seed: seasonal_mean(task), 336, seeded=False),
    "ridge": Entrant(lambda task, seed: fit_ridge(task), 336, seeded=False),
    **{name: Entrant(partial(fit_network, name), 96 if name == "ITransformer" else 336, True) for name in SETTINGS},
}


def compete(
    series: "Series",
    name: str,
    *,
    horizon: int = 96,
    look_back: int | None = None,
    seeds: int = 3,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Result:
    """Fit an entrant and judge it on the whole test set.

    Parameters
    ----------
    series : Series
    name : str
        Of `ENTRANTS`.
    horizon : int
        Rows to forecast.
    look_back : int, optional
        Rows that are known; without it the entrant's own.
    seeds : int
        0, 1, … of a network, ≥ 1; others are fitted once.
    progress : callable
        Takes how many fits are done, and of how many.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        For an unknown name, seeds below 1, and as `make_task`.
    """
    if name not in ENTRANTS:
        raise ValueError(f"model={name!r} is not there: give one of {', '.join(ENTRANTS)}")
    check_count("seeds", seeds)
    entrant = ENTRANTS[name]
    task = make_task(series, horizon=horizon, look_back=entrant.look_back if look_back is None else look_back)
    began, each = time.perf_counter(), []
    for seed in range(total := seeds if entrant.seeded else 1):
        progress(seed, total)
        each.append(judge(entrant.fit(task, seed), task))
    progress(total, total)
    losses = Losses(*(np.mean([getattr(one, kind) for one in each], axis=0) for kind in ("squared", "absolute")))
    by_seed = tuple(float(one.squared.mean()) for one in each)
    return Result(name, task.horizon, task.look_back, losses, by_seed, time.perf_counter() - began)
