"""The information coefficient in a few numbers: how large, how steady, how sure.

In comes one IC for each date (`information_coefficient`), out comes its mean with error bars that survive overlapping
labels, and how many assets, by name and in effect, stand behind it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.series import known
from dlcore.evaluation.significance import mean_test

if TYPE_CHECKING:
    from dlcore.evaluation.series import Series


@dataclass(frozen=True)
class ICSummary:
    """What a series of ICs comes to.

    Attributes
    ----------
    mean, std : float
        Of the dates' ICs; `std` with ddof 1.
    ir : float
        mean / std, per date and not annualised.
    t_naive, t_hansen_hodrick, t_newey_west : float
        As `MeanTest`: quote the second, with the third beside it.
    newey_west_lag : int
        Of the third.
    hit_rate : float
        Share of dates with IC > 0.
    dates : int
        Dates with an IC.
    breadth : float
        Mean number of assets on those dates; NaN when the series carries no `breadth`.
    effective_breadth : float
        ``1 + 1 / std²``: of how many independent assets the IC of pure noise would spread as much, since the
        correlation of N independent pairs has variance 1 / (N - 1). Far below `breadth` when scores and returns share
        a few common bets.
    horizon : int
        Sessions of the label.
    reasons : tuple of str
        Why a t-statistic is NaN; empty when none is.
    """

    mean: float
    std: float
    ir: float
    t_naive: float
    t_hansen_hodrick: float
    t_newey_west: float
    newey_west_lag: int
    hit_rate: float
    dates: int
    breadth: float
    effective_breadth: float
    horizon: int
    reasons: tuple[str, ...]


def summarize(ic: "Series", *, horizon: int) -> ICSummary:
    """Mean, spread, t-statistics and breadth of a series of ICs.

    Parameters
    ----------
    ic : DataArray (date,), Series or array
        One IC for each session, in order, NaN where there is none. A DataArray of `information_coefficient` brings
        its `breadth` along.
    horizon : int
        h, the sessions that each label spans: 5 for a five-day return.

    Returns
    -------
    ICSummary

    Raises
    ------
    ValueError
        As `mean_test`.

    References
    ----------
    Grinold (1989), *Journal of Portfolio Management* 15, for IC and breadth; Pitman (1937), *Supplement to the Journal
    of the Royal Statistical Society* 4, for the variance 1 / (N - 1).
    """
    test = mean_test(ic, horizon=horizon)
    values = known(ic, "ic")
    breadth = np.nan
    if "breadth" in getattr(ic, "coords", {}):
        counted = ~np.isnan(np.asarray(ic, dtype=np.float64))
        breadth = float(np.asarray(ic["breadth"])[counted].mean())  # pyright: ignore[reportArgumentType, reportCallIssue] -- it has coords: a DataArray
    return ICSummary(
        mean=test.mean,
        std=test.std,
        ir=test.mean / test.std,
        t_naive=test.t_naive,
        t_hansen_hodrick=test.t_hansen_hodrick,
        t_newey_west=test.t_newey_west,
        newey_west_lag=test.newey_west_lag,
        hit_rate=float((values > 0).mean()),
        dates=test.n,
        breadth=breadth,
        effective_breadth=1 + 1 / test.std**2,
        horizon=horizon,
        reasons=test.reasons,
    )
