"""An interval for any statistic of a series whose days remember one another.

In comes a series and a function of it; out come the estimate and an interval from resampled blocks of random length
(mean length chosen by the data), so that what hangs together stays together.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.evaluation.series import checked_integer, known

if TYPE_CHECKING:
    from dlcore.evaluation.series import Series

INTERVALS = ("percentile", "bca")


@dataclass(frozen=True)
class BootstrapInterval:
    """A statistic with its interval.

    Attributes
    ----------
    estimate : float
        Of the series itself.
    lower, upper : float
        The interval, in the unit of the statistic.
    standard_error : float
        Standard deviation of the statistic over the resamples (ddof 1).
    block_length : float
        Mean length of a block, in rows.
    level : float
        What the interval is to cover.
    """

    estimate: float
    lower: float
    upper: float
    standard_error: float
    block_length: float
    level: float


def block_bootstrap(
    statistic: Callable[[np.ndarray], float],
    series: "Series",
    *,
    generator: np.random.Generator,
    resamples: int = 2000,
    interval: str = "percentile",
    level: float = 0.95,
    block_length: float | None = None,
) -> BootstrapInterval:
    """Stationary block bootstrap: blocks of geometric length, drawn with replacement from the series as a ring.

    Parameters
    ----------
    statistic : callable of array (n,) to float
        Such as `sharpe`, or ``np.mean``.
    series : Series, DataArray or array (n,)
        In order of time. NaN rows are left out; what stood on both sides then stands side by side.
    generator : numpy Generator
        Where the luck comes from: the same seed gives the same interval.
    resamples : int
        ≥ 100.
    interval : {"percentile", "bca"}
        Quantiles of the resampled statistic, or those corrected for bias and acceleration. The acceleration is a
        jackknife's over single days, so it knows about skewness and not about memory.
    level : float
        Coverage wanted, between 0 and 1. With blocks, expect a little less.
    block_length : float, optional
        Mean length, ≥ 1 row. By default the one that makes the error of the *mean's* variance smallest.

    Returns
    -------
    BootstrapInterval
        Annualised or not as the statistic is.

    Raises
    ------
    ValueError
        As `values_of`; for fewer than ten values or a constant series, parameters out of range, or a statistic that
        is not one finite number, on the series or on a resample of it.

    References
    ----------
    Politis and Romano (1994), *Journal of the American Statistical Association* 89; Politis and White (2004) and
    Patton, Politis and White (2009), *Econometric Reviews* 23 and 28; Efron (1987), the first journal, 82.
    """
    values = known(series, "series", at_least=10)
    if np.ptp(values) == 0:
        raise ValueError(f"series is constant at {values[0]:g}: give a series that moves")
    resamples = checked_integer(resamples, "resamples", at_least=100)
    if interval not in INTERVALS:
        raise ValueError(f"interval={interval!r} is not allowed: give one of {', '.join(INTERVALS)}")
    if not 0 < level < 1:
        raise ValueError(f"level={level} is not allowed: give a number between 0 and 1, such as 0.95")
    length = automatic_block_length(values) if block_length is None else checked_block_length(block_length, len(values))
    rows = resampled_rows(len(values), length, resamples, generator)
    estimate = _finite(statistic(values))
    results = np.array([_finite(statistic(values[sample])) for sample in rows])
    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    if interval == "bca":
        ends = _corrected(ends, estimate, results, statistic, values)
    lower, upper = np.quantile(results, ends)
    return BootstrapInterval(estimate, float(lower), float(upper), float(results.std(ddof=1)), length, level)


def resampled_rows(n: int, length: float, resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Rows of a series of n, drawn in blocks of geometric length from a ring: one array (n,) for each resample."""
    from arch.bootstrap import StationaryBootstrap

    bootstrap = StationaryBootstrap(length, np.arange(n), seed=generator)  # pyright: ignore[reportArgumentType] -- it divides by the length, which need not be whole
    return (np.asarray(sample[0]) for sample, _ in bootstrap.bootstrap(resamples))


def automatic_block_length(values: np.ndarray) -> float:
    """Mean block length for the stationary bootstrap, at least 1.

    Parameters
    ----------
    values : array of float64 (n,) or (n, k)
        Finite; the longest over the columns is taken.

    Returns
    -------
    float
        In rows, at most n.
    """
    from arch.bootstrap import optimal_block_length

    lengths: Any = optimal_block_length(values)["stationary"].to_numpy()
    return float(np.clip(np.nanmax(lengths), 1.0, len(values)))


def checked_block_length(length: float, n: int) -> float:
    """A mean block length from 1 to n rows."""
    if isinstance(length, bool) or not isinstance(length, int | float | np.number) or not 1 <= length <= n:
        raise ValueError(f"block_length={length} is not allowed: give a number from 1 to {n}")
    return float(length)


def _corrected(
    ends: np.ndarray,
    estimate: float,
    results: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    values: np.ndarray,
) -> np.ndarray:
    """The two probabilities of the percentile interval, moved for bias and acceleration."""
    from scipy.special import ndtr, ndtri

    bias = ndtri(np.mean(results < estimate))
    if not np.isfinite(bias):
        raise ValueError('the estimate lies outside of all resamples: give interval="percentile", or another statistic')
    left = np.array([_finite(statistic(np.delete(values, i))) for i in range(len(values))])
    d = left.mean() - left  # (n,)
    squares = float(d @ d)
    acceleration = np.sum(d**3) / (6 * squares**1.5) if squares > 0 else 0.0
    z = bias + ndtri(ends)
    return ndtr(bias + z / (1 - acceleration * z))


def _finite(x: Any) -> float:
    number = np.asarray(x, dtype=np.float64)
    if number.size != 1 or not np.isfinite(number).all():
        raise ValueError(f"the statistic gave {x}: it has to give one finite number on every resample")
    return float(number.item())
