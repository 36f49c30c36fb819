"""Do probabilities keep their word? The Brier score taken apart, and the curve that shows where it comes from.

In come probabilities and what came, 0 or 1; out come a score in three parts, and a table of bins of equal mass.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.series import checked_integer, side_by_side

if TYPE_CHECKING:
    import pandas as pd

    from dlcore.evaluation.series import Panel


@dataclass(frozen=True)
class BrierScore:
    """``score = reliability - resolution + uncertainty``, exactly.

    Attributes
    ----------
    score : float
        Mean squared difference of probability and outcome; 0 is perfect, always saying ½ scores ¼.
    reliability : float
        Mean squared difference, by bin, of the mean probability and the share that came true; 0 is calibrated.
    resolution : float
        How far the bins' shares lie from the overall share, and what the probabilities tell within a bin; more is
        better. Slightly negative if what they tell within bins is wrong.
    uncertainty : float
        ``o (1 - o)`` with the overall share o: the score of always saying o, known afterwards.
    skill : float
        ``1 - score / uncertainty``; 0 is no better than saying o.
    n : int
        Number of pairs.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    skill: float
    n: int


def brier_score(probability: "Panel", outcome: "Panel", *, bins: int = 10) -> BrierScore:
    """Brier score of probabilities, with its parts.

    Parameters
    ----------
    probability : Series, DataFrame, DataArray or array, (n,) or (date, asset)
        From 0 to 1. Pairs with NaN are left out.
    outcome : like `probability`
        0 or 1, or bool.
    bins : int
        For the parts: bins of equal mass, as in `calibration_curve`. The score does not depend on them.

    Returns
    -------
    BrierScore

    Raises
    ------
    ValueError
        As `side_by_side`; for probabilities outside [0, 1], outcomes that are neither 0 nor 1, or all the same.

    References
    ----------
    Brier (1950), *Monthly Weather Review* 78; Murphy (1973), *Journal of Applied Meteorology* 12; the terms within
    bins, which make the sum exact: Stephenson, Coelho and Jolliffe (2008), *Weather and Forecasting* 23.
    """
    p, o = _forecasts(probability, outcome)
    place = _equal_mass(p, bins)
    count = np.bincount(place)
    mean_p, mean_o = np.bincount(place, p) / count, np.bincount(place, o) / count  # (bins,)
    share = o.mean()
    if share in (0, 1):
        raise ValueError(f"all {len(o)} outcomes are {share:g}: a Brier score needs both, for it to be taken apart")
    score = float(np.mean((p - o) ** 2))
    reliability = float(np.average((mean_p - mean_o) ** 2, weights=count))
    between = np.average((mean_o - share) ** 2, weights=count)
    within = np.mean((p - mean_p[place]) * (2 * (o - mean_o[place]) - (p - mean_p[place])))
    uncertainty = float(share * (1 - share))
    return BrierScore(score, reliability, float(between + within), uncertainty, 1 - score / uncertainty, len(p))


def calibration_curve(probability: "Panel", outcome: "Panel", *, bins: int = 10) -> "pd.DataFrame":
    """What was said against what came, in bins that hold the same number of forecasts.

    Parameters
    ----------
    probability, outcome
        As for `brier_score`; the outcomes may all be the same.
    bins : int
        Number of bins, ≥ 1. Equal probabilities share a bin, so there may be fewer, of unequal mass.

    Returns
    -------
    DataFrame
        One row a bin, by rising probability: `probability` (mean said), `frequency` (share that came), `lower` and
        `upper` (Wilson's 95 % interval of the frequency, for independent outcomes: too narrow for the stocks of one
        day), `count`.

    Raises
    ------
    ValueError
        As `brier_score`.

    References
    ----------
    Wilson (1927), *Journal of the American Statistical Association* 22, for the interval.
    """
    import pandas as pd

    p, o = _forecasts(probability, outcome)
    place = _equal_mass(p, bins)
    count = np.bincount(place)
    said, came = np.bincount(place, p) / count, np.bincount(place, o) / count
    z = 1.959964  # 97.5 % of a normal
    middle = (came + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(came * (1 - came) / count + z**2 / (4 * count**2))
    return pd.DataFrame(
        {"probability": said, "frequency": came, "lower": middle - half, "upper": middle + half, "count": count},
        pd.RangeIndex(1, len(count) + 1, name="bin"),
    )


def _forecasts(probability: "Panel", outcome: "Panel") -> tuple[np.ndarray, np.ndarray]:
    p, o = side_by_side(("probability", "outcome"), probability, outcome)
    known = ~np.isnan(p + o)
    p, o = p[known], o[known]
    if len(p) == 0:
        raise ValueError("probability and outcome have no place where neither is NaN: align them first")
    if (outside := p[(p < 0) | (p > 1)]).size:
        raise ValueError(f"probability={outside[0]:g} is not allowed: give numbers from 0 to 1")
    if (strange := o[(o != 0) & (o != 1)]).size:
        raise ValueError(f"outcome={strange[0]:g} is not allowed: give 0 or 1")
    return p, o


def _equal_mass(p: np.ndarray, bins: int) -> np.ndarray:
    """The bin of each probability, counted from 0 without gaps; equal ones together, by the middle of their ranks."""
    bins = checked_integer(bins, "bins", at_least=1)
    _, inverse, count = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2  # of the ranks that each value takes, from 0 to n
    place = np.minimum((middle * bins / len(p)).astype(np.int64), bins - 1)
    return np.unique(place, return_inverse=True)[1][inverse]
