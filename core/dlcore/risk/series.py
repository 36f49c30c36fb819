"""What every forecast here asks of its input, and how each asset is followed on its own days.

In come DataArrays `(date,)` or `(date, asset)`; out come the same axes. NaN is "did not trade": such a day is no day of
that asset, so windows and recursions count the asset's own returns, and there is no forecast on it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def checked_series(x: "xr.DataArray", name: str = "returns") -> "xr.DataArray":
    """The same array with date first, if it is numbers over ascending dates without infinities."""
    import xarray as xr

    if not isinstance(x, xr.DataArray):
        raise TypeError(f"{name} of type {type(x).__name__} is not allowed: give a DataArray (date,) or (date, asset)")
    if set(x.dims) not in ({"date"}, {"date", "asset"}) or x.dtype.kind != "f":
        raise ValueError(f"{name} with dims {x.dims} of {x.dtype} is not allowed: give floats (date,) or (date, asset)")
    for axis in map(str, x.dims):
        if axis not in x.indexes or not x.indexes[axis].is_unique:
            raise ValueError(f"{name}: axis {axis!r} has no labels, or one twice: label every {axis} once")
    if x.size == 0 or not x.indexes["date"].is_monotonic_increasing:
        raise ValueError(f"{name}: dates are empty or not ascending: give sorted dates")
    if np.isinf(x.to_numpy()).any():
        raise ValueError(f"{name} holds {int(np.isinf(x.to_numpy()).sum())} infinities: give finite numbers or NaN")
    return x.transpose("date", ...)


def checked_share(value: float, name: str, above: float = 0.0) -> float:
    """A probability strictly between `above` and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not above < value < 1:
        raise ValueError(f"{name}={value!r} is not allowed: give a number above {above:g} and below 1")
    return float(value)


def checked_count(value: int, name: str, least: int = 1) -> int:
    """An integer, at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}={value!r} is not allowed: give an integer ≥ {least}")
    return int(value)


def same_axes(first: "xr.DataArray", *others: "xr.DataArray") -> None:
    """Refuse arrays that do not share dates and assets, in one order."""
    for other in others:
        if other.dims != first.dims:
            raise ValueError(f"axes {first.dims} and {other.dims} are not the same: give both the same")
        for axis in map(str, first.dims):
            if not other.indexes[axis].equals(first.indexes[axis]):
                sizes = f"{first.sizes[axis]} and {other.sizes[axis]}"
                raise ValueError(f"axis {axis!r} differs ({sizes} labels): align with xr.align(…, join='inner') first")


def on_own_days(
    compute: Callable[..., np.ndarray], first: "xr.DataArray", *others: "xr.DataArray"
) -> list["xr.DataArray"]:
    """Apply a function of gapless series to every asset, on the days on which `first` has a value.

    Parameters
    ----------
    compute : callable
        Takes one array (n,) for each DataArray, returns (k, n).
    first, others : DataArray (date,) or (date, asset)
        Axes must be equal. Only `first` is sure to be gapless in what `compute` sees.

    Returns
    -------
    list of k DataArrays
        On the axes of `first`; NaN on the days that are not the asset's own.
    """
    same_axes(first, *others)
    columns = [x.to_numpy().reshape(len(first), -1) for x in (first, *others)]  # each (T, N)
    results: list[np.ndarray] = []
    for j in range(columns[0].shape[1]):
        own = np.isfinite(columns[0][:, j])
        found = np.atleast_2d(compute(*(column[own, j] for column in columns)))  # (k, n)
        if not results:
            results = [np.full(columns[0].shape, np.nan) for _ in found]
        for result, values in zip(results, found, strict=True):
            result[own, j] = values
    return [first.copy(data=result.reshape(first.shape)) for result in results]


def ahead(x: "xr.DataArray", horizon: int = 1) -> "xr.DataArray":
    """The sum of an asset's next `horizon` values, placed at the day before them: what a forecast at t is held to.

    This looks forward by design. NaN where fewer than `horizon` values follow.
    """
    horizon = checked_count(horizon, "horizon")

    def following(dense: np.ndarray) -> np.ndarray:
        result = np.full(len(dense), np.nan)
        if len(dense) > horizon:
            result[:-horizon] = np.lib.stride_tricks.sliding_window_view(dense[1:], horizon).sum(axis=-1)
        return result

    return on_own_days(following, checked_series(x, str(x.name or "x")))[0]
