"""The door between labels and bare arrays: what a function takes is checked on the way in and named on the way out.

In come DataArrays and Panels, out come float64 arrays `(dates, assets)` in C order for the kernels, and their results
as DataArrays again, with unit and warm-up in the attrs.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["bars", "count", "known", "label", "label_lines", "member", "per_date", "positive"]

AXES = ("date", "asset")


def known(values: "xr.DataArray") -> np.ndarray:
    """The numbers of a DataArray.

    Parameters
    ----------
    values : DataArray (date, asset), in any order of dims
        Real numbers, NaN allowed.

    Returns
    -------
    array of float64 (dates, assets)
        In C order; the array of the argument itself where that is so already.

    Raises
    ------
    TypeError
        For anything but a DataArray.
    ValueError
        For other dims or dtypes, empty, unsorted or duplicate dates or assets, infinities.
    """
    import xarray as xr

    if not isinstance(values, xr.DataArray):
        raise TypeError(f"a {type(values).__name__} has no labels: give a DataArray over (date, asset)")
    if set(values.dims) != set(AXES) or len(values.dims) != 2:
        raise ValueError(f"{_name(values)} has dims {values.dims}: give (date, asset)")
    return np.ascontiguousarray(_numbers(values if values.dims == AXES else values.transpose(*AXES)))


def positive(values: "xr.DataArray") -> np.ndarray:
    """The numbers of a DataArray of prices: as `known`, and a ValueError for one that is not above 0."""
    numbers = known(values)
    if (numbers <= 0).any():
        raise ValueError(f"{_name(values)}={numbers[numbers <= 0][0]:g} is not allowed: give numbers > 0, or NaN")
    return numbers


def per_date(values: "xr.DataArray", like: "xr.DataArray") -> np.ndarray:
    """The numbers of a DataArray `(date,)` as a column (dates, 1), its dates being those of `like`."""
    if getattr(values, "dims", None) != ("date",):
        raise ValueError(f"dims {getattr(values, 'dims', None)} are not allowed: give one value a date, dims (date,)")
    if not values.indexes["date"].equals(like.indexes["date"]):
        raise ValueError(f"{_name(values)} has other dates than {_name(like)}: give both on the same dates")
    return np.ascontiguousarray(_numbers(values))[:, None]


def bars(panel: "xr.Dataset", *names: str) -> tuple[np.ndarray, ...]:
    """Fields of a Panel as arrays (dates, assets): prices above 0, volume not below it.

    Raises
    ------
    TypeError
        For anything but a Dataset.
    ValueError
        For a field that the panel lacks, and as `known`.
    """
    import xarray as xr

    if not isinstance(panel, xr.Dataset):
        raise TypeError(f"a {type(panel).__name__} is no Panel: give an xarray.Dataset over (date, asset)")
    if missing := [name for name in names if name not in panel.data_vars]:
        there = ", ".join(map(str, panel.data_vars))
        raise ValueError(f"the panel has no {missing[0]} (it has {there}): give one with {', '.join(names)}")
    fields = tuple(known(panel[name]) if name == "volume" else positive(panel[name]) for name in names)
    if "volume" in names and (fields[names.index("volume")] < 0).any():
        raise ValueError("volume below 0 is not allowed: give volume ≥ 0, or NaN for no trade")
    return fields


def member(universe: "xr.DataArray", like: "xr.DataArray") -> np.ndarray:
    """A universe as an array of bool (dates, assets), its labels being those of `like`."""
    import xarray as xr

    if not isinstance(universe, xr.DataArray):
        raise TypeError(f"a {type(universe).__name__} is no universe: give a boolean DataArray (date, asset)")
    if set(universe.dims) != set(AXES) or universe.dtype != bool:
        raise ValueError(f"universe of {universe.dtype} with dims {universe.dims}: give booleans over (date, asset)")
    for axis in AXES:
        if axis not in universe.indexes or not universe.indexes[axis].equals(like.indexes[axis]):
            raise ValueError(
                f"universe and {_name(like)} have different labels on {axis}: give one for each {axis} of both"
            )
    return universe.transpose(*AXES).to_numpy()


def count(name: str, value: int, least: int = 1) -> int:
    """A whole number, such as the length of a window, that is not below `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name}={value} is not allowed: give an integer ≥ {least}")
    return int(value)


def label(values: np.ndarray, like: "xr.DataArray", name: str, unit: str, warm_up: int) -> "xr.DataArray":
    """Put labels on an array (dates, assets).

    Parameters
    ----------
    values : array (dates, assets)
    like : DataArray (date, asset)
        Whose coordinates are taken, in any order of dims.
    name, unit : str
        Name of the feature, and what a value of 1 means.
    warm_up : int
        Sessions of an unbroken run that are NaN before its first value.

    Returns
    -------
    DataArray (date, asset)
        attrs: `unit`, `warm_up`.
    """
    like = like if like.dims == AXES else like.transpose(*AXES)
    labelled = like.copy(deep=False, data=values)  # three times as fast as a new DataArray
    labelled.name, labelled.attrs = name, {"unit": unit, "warm_up": warm_up}
    return labelled


def label_lines(lines: "Mapping[str, tuple[np.ndarray, str, int]]", like: "xr.DataArray") -> "xr.Dataset":
    """Put labels on the lines of one indicator.

    Parameters
    ----------
    lines : mapping of name to (array (dates, assets), unit, warm-up)
        Each as for `label`.
    like : DataArray (date, asset)
        Whose coordinates are taken, in any order of dims.

    Returns
    -------
    Dataset (date, asset)
        attrs of each line: `unit`, `warm_up`.
    """
    import xarray as xr

    attrs = {name: {"unit": unit, "warm_up": warm_up} for name, (_, unit, warm_up) in lines.items()}
    variables = {name: (AXES, values, attrs[name]) for name, (values, _, _) in lines.items()}
    return xr.Dataset(variables, like.coords)  # a quarter of the time that a Dataset of DataArrays takes


def _numbers(values: "xr.DataArray") -> np.ndarray:
    indexes = values.indexes  # xarray builds it anew each time it is asked
    for axis in values.dims:
        if axis not in indexes or len(indexes[axis]) == 0:
            raise ValueError(f"axis {axis!r} of {_name(values)} is empty or has no labels: give at least one {axis}")
        labels = indexes[axis]
        if not labels.is_unique or (axis == "date" and not labels.is_monotonic_increasing):
            raise ValueError(f"axis {axis!r} of {_name(values)} is not sorted and unique: sort it, keep one of each")
    if values.dtype.kind not in "fiu":
        raise ValueError(f"{_name(values)} has dtype {values.dtype}: give float64")
    numbers = values.to_numpy().astype(np.float64, copy=False)
    if np.isinf(numbers).any():
        raise ValueError(f"{_name(values)}=inf is not allowed: give finite numbers, or NaN")
    return numbers


def _name(values: "xr.DataArray") -> str:
    return str(values.name or "values")
