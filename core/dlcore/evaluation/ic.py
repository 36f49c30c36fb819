"""The information coefficient: on each date, how the scores of the assets go with what they then earned.

In come scores and forward returns `(date, asset)`; out comes one correlation for each date, with the number of assets
behind it. A date is one observation: the assets of one day share one market, and its spread over assets is no error
bar (`summarize` has that).
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.series import checked_integer

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("pearson", "spearman")
DIMS = ("date", "asset")


def information_coefficient(
    scores: "xr.DataArray",
    returns: "xr.DataArray",
    *,
    method: str = "pearson",
    universe: "xr.DataArray | None" = None,
    minimum_breadth: int = 10,
) -> "xr.DataArray":
    """Cross-sectional correlation of scores and forward returns, date by date.

    ``IC_t = corr_i(score_ti, return_ti)`` over the assets i that have both on t and are in the universe on t.

    Parameters
    ----------
    scores : DataArray (date, asset)
        Higher is better; indexed by the date of decision. NaN: no opinion.
    returns : DataArray (date, asset)
        What followed, indexed by the date of decision too (the `value` of a label). Read at the dates and assets of
        the scores, all of which it must have. NaN: did not come to pass.
    method : {"pearson", "spearman"}
        On the values, or on their ranks among the assets that are counted (ties share the mean rank): the rank IC.
    universe : DataArray of bool (date, asset), optional
        True where an asset counts. Read like `returns`. By default every asset counts.
    minimum_breadth : int
        Dates with fewer assets are NaN: a correlation of five stocks is ±0.5 by chance.

    Returns
    -------
    DataArray (date,)
        `ic` or `rank_ic`, between -1 and 1; NaN where the breadth is too small, or where all scores or all returns of
        the date are the same. Coordinate `breadth` (date,): how many assets had both.

    Raises
    ------
    TypeError
        For anything but DataArrays.
    ValueError
        For other dims or dtypes, duplicate labels, dates out of order, dates or assets that `returns` or `universe`
        lack, infinities, or an unknown method.

    References
    ----------
    Grinold and Kahn (2000), *Active Portfolio Management*, chapter 6; Spearman (1904).

    Examples
    --------
    A date whose order is right, and one whose order is wrong but for one pair:

    >>> import xarray as xr
    >>> from dlcore.evaluation import information_coefficient
    >>> axes = {"date": [1, 2], "asset": list("abcd")}
    >>> scores = xr.DataArray([[1.0, 2, 3, 4], [1, 2, 3, 4]], axes)
    >>> returns = xr.DataArray([[0.01, 0.02, 0.03, 0.09], [0.02, 0.03, 0.01, 0.0]], axes)
    >>> information_coefficient(scores, returns, method="spearman", minimum_breadth=3).values
    array([ 1. , -0.8])
    """
    import xarray as xr

    if method not in METHODS:
        raise ValueError(f"method={method!r} is not allowed: give one of {', '.join(METHODS)}")
    least = checked_integer(minimum_breadth, "minimum_breadth", at_least=3)
    scores = checked_matrix(scores, "scores")
    x = matrix_of(scores, "scores")  # (T, N)
    y = matrix_of(like(scores, checked_matrix(returns, "returns"), "returns"), "returns")
    inside = np.ones(x.shape, dtype=bool) if universe is None else _mask(scores, universe)
    ic, breadth = _correlations(x, y, inside, method)
    ic[breadth < least] = np.nan
    coords = {"date": scores["date"].to_numpy(), "breadth": ("date", breadth)}
    return xr.DataArray(ic, coords, ("date",), "rank_ic" if method == "spearman" else "ic", {"method": method})


def checked_matrix(x: "xr.DataArray", name: str) -> "xr.DataArray":
    """A DataArray over labelled, unique dates in order and unique assets, in this order of dims."""
    import xarray as xr

    if not isinstance(x, xr.DataArray):
        hint = ' (a label is a Dataset: give labels["value"])' if isinstance(x, xr.Dataset) else ""
        raise TypeError(f"{name} is a {type(x).__name__}: give a DataArray (date, asset){hint}")
    if set(x.dims) != set(DIMS):
        raise ValueError(f"{name} has dims {x.dims}: give (date, asset)")
    for axis in DIMS:
        if axis not in x.indexes:
            raise ValueError(f"{name} has no labels on {axis!r}: give them as a coordinate")
        if not x.indexes[axis].is_unique:
            twice = x.indexes[axis][x.indexes[axis].duplicated()][0]
            raise ValueError(f"{name}: {axis} {twice} appears twice: keep one")
    if not x.indexes["date"].is_monotonic_increasing:
        raise ValueError(f"the dates of {name} are not in order: sort them")
    if x.size == 0:
        raise ValueError(f"{name} of shape {x.shape} is empty: give at least one date and one asset")
    return x.transpose(*DIMS)


def like(scores: "xr.DataArray", x: "xr.DataArray", name: str) -> "xr.DataArray":
    """The part of x at the dates and assets of the scores; one that x lacks is refused."""
    for axis in DIMS:
        wanted, there = scores.indexes[axis], x.indexes[axis]
        if not wanted.equals(there):
            if not (known := wanted.isin(there)).all():
                raise ValueError(
                    f"{name} lacks {axis} {wanted[~known][0]} of the scores ({int((~known).sum())} such): align them"
                )
            x = x.isel({axis: there.get_indexer(wanted)})
    return x


def matrix_of(x: "xr.DataArray", name: str) -> np.ndarray:
    """Contiguous float64 (T, N) without infinities."""
    if x.dtype.kind not in "iuf":
        raise ValueError(f"{name} of dtype {x.dtype} is not allowed: give numbers")
    values = np.ascontiguousarray(x.to_numpy(), dtype=np.float64)
    if np.isinf(values).any():
        t, i = np.argwhere(np.isinf(values))[0]
        place = f"{str(x['date'].to_numpy()[t])[:10]}, {x['asset'].to_numpy()[i]}"
        raise ValueError(f"{name} = {values[t, i]} at ({place}) is not allowed: give finite numbers or NaN")
    return values


def _mask(scores: "xr.DataArray", universe: "xr.DataArray") -> np.ndarray:
    universe = like(scores, checked_matrix(universe, "universe"), "universe")
    if universe.dtype.kind != "b":
        raise ValueError(f"universe of dtype {universe.dtype} is not allowed: give bool, True where an asset counts")
    return universe.to_numpy()


def _correlations(x: np.ndarray, y: np.ndarray, inside: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Correlation and number of pairs on each date, both (T,)."""
    from dlcore.evaluation.correlation import correlate_rows, keep_pairs
    from dlcore.features.kernels.blocks import in_blocks
    from dlcore.features.kernels.ranks import rank_rows

    ic, breadth = np.empty(len(x)), np.empty(len(x), dtype=np.int64)

    def correlate(dates: slice) -> None:
        left, right, breadth[dates] = keep_pairs(x[dates], y[dates], inside[dates])
        if method == "spearman":
            left, right = rank_rows(left), rank_rows(right)
        ic[dates] = correlate_rows(left, right)

    in_blocks(x.shape, correlate)
    return ic, breadth
