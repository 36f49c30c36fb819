"""Many were tried, the best is shown: is it better than the best of so many lucky ones?

In come the losses of a benchmark and of all the candidates on the same days, or the p-values of many tests; out come
p-values that know how many there were.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.evaluation.bootstrap import automatic_block_length, checked_block_length, resampled_rows
from dlcore.evaluation.series import checked_integer, values_of

if TYPE_CHECKING:
    import pandas as pd

    from dlcore.evaluation.series import Panel, Series


@dataclass(frozen=True)
class RealityCheck:
    """p-values of "no candidate beats the benchmark".

    Attributes
    ----------
    best : int
        Column of the candidate with the largest mean gain over the benchmark.
    gain : float
        Its mean loss less the benchmark's, with the sign turned: positive is better.
    white : float
        Reality check: the largest mean gain against its bootstrap distribution. Hopeless candidates make it timid.
    spa : float
        Superior predictive ability: gains in their own standard errors, and candidates that are clearly worse do not
        count ("consistent"). The one to quote.
    spa_lower, spa_upper : float
        Its bounds: no worse candidate counts, and all of them do.
    block_length : float
        Mean length of the bootstrap's blocks, in rows.
    """

    best: int
    gain: float
    white: float
    spa: float
    spa_lower: float
    spa_upper: float
    block_length: float


class Discoveries(NamedTuple):
    """Which tests are rejected, and the smallest rate at which each would be; both in the order given."""

    rejected: np.ndarray
    adjusted: np.ndarray


def reality_check(
    benchmark: "Series",
    candidates: "Panel",
    *,
    generator: np.random.Generator,
    resamples: int = 1000,
    block_length: float | None = None,
) -> RealityCheck:
    """White's reality check and Hansen's test of superior predictive ability, by stationary bootstrap.

    With ``d = benchmark - candidates`` and bootstrap means d*: White compares ``max_k √n d̄_k`` with
    ``max_k √n (d̄*_k - d̄_k)``; Hansen ``max(0, max_k √n d̄_k / ω_k)`` with ``max(0, max_k √n (d̄*_k - g_k) / ω_k)``, where
    g_k is d̄_k for candidates that are not significantly worse, 0 for the others, and ω_k / √n is the standard
    deviation of d̄*_k.

    Parameters
    ----------
    benchmark : Series, DataArray or array (n,)
        Losses, less is better; for returns give them with the sign turned.
    candidates : DataFrame, DataArray or array (n, k)
        Losses of *everything that was tried*, on the same days.
    generator : numpy Generator
        Where the luck comes from.
    resamples : int
        ≥ 100.
    block_length : float, optional
        Mean length of a block in rows. By default the longest that any candidate's differences ask for.

    Returns
    -------
    RealityCheck
        p-values are multiples of 1 / resamples.

    Raises
    ------
    ValueError
        As `values_of`; for unequal lengths, NaN (which day is missing would have to be guessed), fewer than ten days,
        or a candidate that always differs from the benchmark by the same amount.

    References
    ----------
    White (2000), *Econometrica* 68; Hansen (2005), *Journal of Business & Economic Statistics* 23. Of arch only the
    resampling is used: its `SPA(studentize=True)` does not divide by ω.
    """
    d = _gains(benchmark, candidates)  # (n, k)
    n = len(d)
    resamples = checked_integer(resamples, "resamples", at_least=100)
    length = automatic_block_length(d) if block_length is None else checked_block_length(block_length, n)
    gain = d.mean(axis=0)
    resampled = _bootstrap_means(d, length, resamples, generator)  # (resamples, k)
    scale = resampled.std(axis=0, ddof=1)  # ω / √n
    hopeless = gain <= -scale * np.sqrt(2 * np.log(np.log(n)))
    observed = max(0.0, float((gain / scale).max()))

    def spa(recentred: np.ndarray) -> float:
        return float((np.maximum(((resampled - recentred) / scale).max(axis=1), 0) >= observed).mean())

    return RealityCheck(
        best=int(gain.argmax()),
        gain=float(gain.max()),
        white=float(((resampled - gain).max(axis=1) >= gain.max()).mean()),
        spa=spa(np.where(hopeless, 0.0, gain)),
        spa_lower=spa(np.maximum(gain, 0.0)),
        spa_upper=spa(gain),
        block_length=length,
    )


def benjamini_hochberg(p_values: "Series", *, rate: float = 0.05) -> Discoveries:
    """Reject so many tests that at most the given share of the rejections is expected to be false.

    With p sorted upwards: ``adjusted_i = min_{j ≥ i} p_j m / j``; rejected where adjusted ≤ rate.

    Parameters
    ----------
    p_values : Series, DataArray or array (m,)
        From 0 to 1, of all the tests that were made. NaN is refused.
    rate : float
        Expected share of false rejections, between 0 and 1. Holds for independent tests, and for positively dependent
        ones.

    Returns
    -------
    Discoveries

    Raises
    ------
    ValueError
        As `values_of`; for NaN, p-values outside [0, 1], or a rate out of range.

    References
    ----------
    Benjamini and Hochberg (1995), *Journal of the Royal Statistical Society* B 57.
    """
    p = values_of(p_values, "p_values")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p_values hold {p[~((p >= 0) & (p <= 1))][0]}: give numbers from 0 to 1, none missing")
    if not 0 < rate < 1:
        raise ValueError(f"rate={rate} is not allowed: give a number between 0 and 1, such as 0.05")
    order = np.argsort(p)[::-1]  # from the largest down
    raised = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(raised).clip(max=1.0)
    return Discoveries(adjusted <= rate, adjusted)


def _gains(benchmark: "Series", candidates: "pd.DataFrame | Panel") -> np.ndarray:
    """Loss of the benchmark less that of each candidate, (n, k)."""
    base, others = values_of(benchmark, "benchmark"), values_of(candidates, "candidates", dims=(2,))
    if len(base) != len(others):
        raise ValueError(f"candidates have {len(others)} days and the benchmark {len(base)}: give the same days")
    if len(base) < 10:
        raise ValueError(f"benchmark holds {len(base)} days: give at least 10")
    if missing := int(np.isnan(base).sum() + np.isnan(others).sum()):
        raise ValueError(f"benchmark and candidates hold {missing} NaN: keep the days that all of them have")
    d = base[:, None] - others
    if (still := np.ptp(d, axis=0) == 0).any():
        raise ValueError(f"candidate {int(still.argmax())} always differs by {d[0, still.argmax()]:g}: leave it out")
    return d


def _bootstrap_means(d: np.ndarray, length: float, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Means of resampled days, (resamples, k): how often each day was drawn, times what it was."""
    rows = resampled_rows(len(d), length, resamples, generator)
    counts = np.stack([np.bincount(sample, minlength=len(d)) for sample in rows])  # (resamples, n)
    return counts @ d / len(d)
