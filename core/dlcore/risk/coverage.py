"""Was the value at risk right? Too many exceedances, too few, or too many together.

In come returns and forecasts, or a series of exceedances; out come likelihood ratios with their p-values, and one table
that holds several forecasts to the same days. A series without a single exceedance has an exact likelihood too.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.risk.series import ahead, checked_series, checked_share, same_axes

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class LikelihoodRatio(NamedTuple):
    """Twice the log-likelihood given up by the null, and the χ² chance of more."""

    statistic: float
    p_value: float


def exceedances(returns: "xr.DataArray", value_at_risk: "xr.DataArray") -> "xr.DataArray":
    """Whether the asset's next return lost more than was forecast.

    Parameters
    ----------
    returns : DataArray (date,) or (date, asset)
        NaN is "did not trade".
    value_at_risk : DataArray, same axes
        The loss forecast at t for the asset's next day, positive.

    Returns
    -------
    DataArray, same axes
        1 or 0 at the day of the forecast; NaN without a forecast, or without a day after it.
    """
    following, forecast = ahead(checked_series(returns)), checked_series(value_at_risk, "value_at_risk")
    same_axes(following, forecast)
    return (
        (following < -forecast).astype(float).where(np.isfinite(following) & np.isfinite(forecast)).rename("exceedance")
    )


def kupiec(exceeded: np.ndarray, level: float = 0.99) -> LikelihoodRatio:
    """Unconditional coverage. Null: each day exceeds with probability 1 - level.

    Parameters
    ----------
    exceeded : array (n,)
        0 or 1, in order of time.
    level : float
        Of the value at risk; above 0.5, below 1.

    Returns
    -------
    LikelihoodRatio
        χ² with one degree of freedom. The number of exceedances is a small integer, so the size is not the nominal
        one: at level 0.99 a test at 5 % rejects a true null on 9.5 % of samples of 250 days, 7.1 % of 500 and 5.5 % of
        1,000. `coverage_table` has the exact binomial p-value beside it.

    Notes
    -----
    Kupiec, "Techniques for verifying the accuracy of risk measurement models", Journal of Derivatives 3 (1995).

    Examples
    --------
    A value at risk of 99 % that was exceeded on 5 days of 500, and one exceeded on 12:

    >>> import numpy as np
    >>> from dlcore.risk import kupiec
    >>> days = np.zeros(500)
    >>> days[:5] = 1
    >>> round(kupiec(days, level=0.99).p_value, 2)
    1.0
    >>> days[:12] = 1
    >>> round(kupiec(days, level=0.99).p_value, 3)
    0.008
    """
    hits, p = _checked(exceeded), 1 - checked_share(level, "level", 0.5)
    ones, zeros = int(hits.sum()), int((1 - hits).sum())
    return _ratio(_log_likelihood(zeros, ones, p), _log_likelihood(zeros, ones, ones / len(hits)), 1)


def independence(exceeded: np.ndarray) -> LikelihoodRatio:
    """Christoffersen's independence. Null: an exceedance is as likely after an exceedance as after none.

    Parameters
    ----------
    exceeded : array (n,)
        0 or 1, in order of time.

    Returns
    -------
    LikelihoodRatio
        χ² with one degree of freedom, over the n - 1 transitions; 0 where there is no exceedance to follow. Two
        exceedances in a row are rare, so at level 0.99 a test at 5 % rejects a true null on 1.2 % of samples of 250
        days and 1.8 % of 1,000; at level 0.95 on 1.6 % of 250 and 7.9 % of 1,000 (4,000 simulations each).

    Notes
    -----
    Christoffersen, "Evaluating interval forecasts", International Economic Review 39 (1998).
    """
    from_zero, from_one = _transitions(_checked(exceeded))
    pooled = from_zero + from_one
    return _ratio(_at_its_best(pooled), _at_its_best(from_zero) + _at_its_best(from_one), 1)


def christoffersen(exceeded: np.ndarray, level: float = 0.99) -> LikelihoodRatio:
    """Christoffersen's conditional coverage. Null: 1 - level on every day, whatever the day before was.

    Parameters
    ----------
    exceeded : array (n,)
        0 or 1, in order of time.
    level : float
        Of the value at risk; above 0.5, below 1.

    Returns
    -------
    LikelihoodRatio
        χ² with two degrees of freedom. Given the first day, so the sum of `independence` and of `kupiec` without that
        day. At level 0.99 a test at 5 % rejects a true null on 1.0 % of samples of 250 days and 2.4 % of 1,000; at
        level 0.95 on 4.4 % and 5.6 %.

    Notes
    -----
    As `independence`.
    """
    p = 1 - checked_share(level, "level", 0.5)
    from_zero, from_one = _transitions(_checked(exceeded))
    zeros, ones = from_zero + from_one
    return _ratio(_log_likelihood(zeros, ones, p), _at_its_best(from_zero) + _at_its_best(from_one), 2)


def coverage_table(
    returns: "xr.DataArray", forecasts: "Mapping[str, xr.DataArray]", *, level: float = 0.99
) -> "pd.DataFrame":
    """Several value-at-risk forecasts of one series, tested on the days that all of them have.

    Parameters
    ----------
    returns : DataArray (date,)
        One asset.
    forecasts : mapping of name to DataArray (date,)
        Each as in `exceedances`.
    level : float
        The level at which all were made.

    Returns
    -------
    DataFrame
        One row for each forecast: `method`, `days`, `expected` and `exceedances` (counts), `mean_loss` (the mean value
        at risk), the p-values `binomial` (exact, two-sided), `kupiec`, `independence`, `christoffersen`.

    Raises
    ------
    ValueError
        For more than one asset, no forecast, or no day that all have.
    """
    import pandas as pd
    from scipy.stats import binomtest

    level = checked_share(level, "level", 0.5)
    if not forecasts or checked_series(returns).ndim != 1:
        raise ValueError(f"{len(forecasts)} forecasts over {returns.dims}: give at least one, and returns (date,)")
    hits = {name: exceedances(returns, forecast).to_numpy() for name, forecast in forecasts.items()}
    shared = np.isfinite(np.stack(list(hits.values()))).all(axis=0)
    days = int(shared.sum())
    if days < 2:
        raise ValueError(f"the forecasts share {days} days that have a next return: give at least 2")
    rows = []
    for name, forecast in forecasts.items():
        hit = hits[name][shared]
        tests = (kupiec(hit, level), independence(hit), christoffersen(hit, level))
        counts = (days, days * (1 - level), int(hit.sum()), float(forecast.to_numpy()[shared].mean()))
        exact = float(binomtest(int(hit.sum()), days, 1 - level).pvalue)
        rows.append((name, *counts, exact, *(test.p_value for test in tests)))
    columns = "method days expected exceedances mean_loss binomial kupiec independence christoffersen"
    return pd.DataFrame(rows, columns=pd.Index(columns.split()))


def _log_likelihood(zeros: int, ones: int, p: float) -> float:
    """Of Bernoulli trials, with 0 · log 0 = 0."""
    from scipy.special import xlog1py, xlogy

    return float(xlogy(ones, p) + xlog1py(zeros, -p))


def _at_its_best(counts: np.ndarray) -> float:
    """Log-likelihood of (zeros, ones) at their own frequency; 0 where there are none."""
    zeros, ones = counts
    return _log_likelihood(zeros, ones, ones / (zeros + ones)) if zeros + ones else 0.0


def _transitions(hits: np.ndarray) -> np.ndarray:
    """Counts (2, 2): from (rows) zero or one, to (columns) zero or one."""
    return np.bincount(2 * hits[:-1] + hits[1:], minlength=4).reshape(2, 2)


def _ratio(null: float, best: float, freedom: int) -> LikelihoodRatio:
    from scipy.stats import chi2

    statistic = max(0.0, 2 * (best - null))  # rounding may put the best an ulp below the null
    return LikelihoodRatio(statistic, float(chi2.sf(statistic, freedom)))


def _checked(exceeded: np.ndarray) -> np.ndarray:
    hits = np.asarray(exceeded)
    if hits.ndim != 1 or len(hits) < 2:
        raise ValueError(f"exceedances of shape {hits.shape} are not allowed: give (n,) with n ≥ 2")
    if not np.isin(hits, (0, 1)).all():
        raise ValueError(f"exceedance={hits[~np.isin(hits, (0, 1))][0]} is not allowed: give 0 or 1, and drop NaN")
    return hits.astype(np.int64)
