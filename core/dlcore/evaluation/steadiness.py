"""How much changes from one day to the next: in what a model says, and in what we hold.

In come scores or weights `(date, asset)`, out comes one number for each date.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.ic import checked_matrix, information_coefficient, like, matrix_of
from dlcore.evaluation.series import checked_integer

if TYPE_CHECKING:
    import xarray as xr


def prediction_stability(
    scores: "xr.DataArray", *, lag: int = 1, universe: "xr.DataArray | None" = None, minimum_breadth: int = 10
) -> "xr.DataArray":
    """Rank correlation of the scores of each date with those of `lag` dates before.

    Parameters
    ----------
    scores : DataArray (date, asset)
        NaN: no opinion.
    lag : int
        Rows back, ≥ 1.
    universe, minimum_breadth
        As for `information_coefficient`; the universe of the later date counts.

    Returns
    -------
    DataArray (date,)
        `stability`, from -1 to 1, near 1 for slow signals; ranked anew among the assets that have a score on both
        dates. NaN on the first `lag` dates and where `information_coefficient` is NaN. Coordinate `breadth`.

    Raises
    ------
    TypeError, ValueError
        As `information_coefficient`; for a lag that is no integer ≥ 1.

    References
    ----------
    Qian, Hua and Sorensen (2007), *Quantitative Equity Portfolio Management*, chapter 8: turnover grows like
    √(1 - stability).
    """
    lag = checked_integer(lag, "lag", at_least=1)
    before = checked_matrix(scores, "scores").shift(date=lag)
    found = information_coefficient(
        scores, before, method="spearman", universe=universe, minimum_breadth=minimum_breadth
    )
    return found.rename("stability").assign_attrs(lag=lag)


def turnover(weights: "xr.DataArray", returns: "xr.DataArray") -> "xr.DataArray":
    """Two-way turnover: what has to be bought and sold, against the weights that the market has left us with.

    ``Σ_i |w_ti - v_ti|`` with ``v_ti = w_{t-1,i} (1 + r_ti) / (1 + Σ_j w_{t-1,j} r_tj)``; what is not in the assets is
    cash and earns nothing.

    Parameters
    ----------
    weights : DataArray (date, asset)
        Fraction of net asset value wanted. NaN: nothing of it is held.
    returns : DataArray (date, asset)
        Simple return of each asset from the date before to this date. Read at the dates and assets of the weights.
        NaN: did not trade, so its value has not moved.

    Returns
    -------
    DataArray (date,)
        `turnover`, a fraction of net asset value, purchases and sales both counted: replacing everything once is 2.0,
        and the first date, bought from cash, is ``Σ |w|``. Times cost per side it is the cost of the day. NaN once
        losses have eaten all there was.

    Raises
    ------
    TypeError, ValueError
        For anything but DataArrays (date, asset), dates or assets that `returns` lacks, dates out of order, infinities,
        or returns below -1.

    References
    ----------
    Grinold and Kahn (2000), *Active Portfolio Management*, chapter 16, there one-way; DeMiguel, Garlappi and Uppal
    (2009), *Review of Financial Studies* 22, equation 15, for the drift.
    """
    import xarray as xr

    weights = checked_matrix(weights, "weights")
    w = np.nan_to_num(matrix_of(weights, "weights"))  # (T, N)
    r = np.nan_to_num(matrix_of(like(weights, checked_matrix(returns, "returns"), "returns"), "returns"))
    if (r < -1).any():
        raise ValueError(f"returns hold {r.min():g}: no simple return is below -1")
    growth = 1 + np.sum(w[:-1] * r[1:], axis=1, keepdims=True)  # (T - 1, 1)
    drifted = np.zeros_like(w)
    drifted[1:] = w[:-1] * (1 + r[1:]) / np.where(growth > 0, growth, np.nan)
    traded = np.abs(w - drifted).sum(axis=1)
    return xr.DataArray(traded, {"date": weights["date"].to_numpy()}, ("date",), "turnover")
