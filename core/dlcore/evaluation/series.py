"""What every measurement here asks of its input, and the one rule by which it becomes an array.

A pandas Series, a one-dimensional DataArray or an array becomes float64 in its own order; infinities are refused, and
NaN means *no value that day*. Two inputs that both carry labels must carry the same ones: nothing is joined silently.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    Series: TypeAlias = pd.Series | xr.DataArray | np.ndarray
    Panel: TypeAlias = pd.Series | pd.DataFrame | xr.DataArray | np.ndarray

SESSIONS_PER_YEAR = 252


def values_of(x: "Panel", name: str, *, dims: tuple[int, ...] = (1,)) -> np.ndarray:
    """Float64 values, NaN kept.

    Parameters
    ----------
    x : Series, DataFrame, DataArray or array
        Numbers, or booleans, which become 0 and 1.
    name : str
        What the errors call it.
    dims : tuple of int
        How many dimensions it may have.

    Returns
    -------
    array of float64
        In the order of `x`; time is the first axis.

    Raises
    ------
    ValueError
        For other dimensions, nothing in it, only NaN, infinities, values that are no numbers, or dates not in order.
    """
    import pandas as pd

    values = np.asarray(x)
    if values.ndim not in dims:
        wanted = " or ".join({1: "(n,)", 2: "(date, asset)"}[n] for n in dims)
        raise ValueError(f"{name} of shape {values.shape} is not allowed: give {wanted}")
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} of dtype {values.dtype} is not allowed: give numbers")
    values = values.astype(np.float64)
    if values.size == 0 or np.isnan(values).all():
        raise ValueError(f"{name} holds no value ({values.size} are NaN): give at least one number")
    if np.isinf(values).any():
        raise ValueError(f"{name} holds {int(np.isinf(values).sum())} infinite values: give finite numbers or NaN")
    rows = labels_of(x)[:1]
    if rows and isinstance(rows[0], pd.DatetimeIndex) and not rows[0].is_monotonic_increasing:
        raise ValueError(f"the dates of {name} are not in order: sort them")
    return values


def known(x: "Series", name: str, *, at_least: int = 2) -> np.ndarray:
    """The values of one series without its NaN, as `values_of`; fewer than `at_least` are refused."""
    values = values_of(x, name)
    values = values[~np.isnan(values)]
    if len(values) < at_least:
        raise ValueError(f"{name} holds {len(values)} values: give at least {at_least}")
    return values


def moving(x: "Series", name: str) -> np.ndarray:
    """As `known`; a series that never changes is refused, for it has no spread to divide by."""
    values = known(x, name)
    if np.ptp(values) == 0:
        raise ValueError(f"{name} is constant at {values[0]:g}: give a series that moves")
    return values


def side_by_side(names: tuple[str, ...], *inputs: "Panel | float") -> tuple[np.ndarray, ...]:
    """Several inputs as arrays of one shape, NaN kept; a plain number is spread over the shape of the first.

    Parameters
    ----------
    names : tuple of str
        What the errors call them.
    *inputs : Series, (date, asset) frames or arrays, or numbers
        All one-dimensional or all two-dimensional. Where two carry labels, the labels must be equal.

    Returns
    -------
    tuple of arrays of float64
        Of the shape of the first.

    Raises
    ------
    ValueError
        As `values_of`, for unequal shapes, and for labels that differ; the first difference is named.
    """
    first = values_of(inputs[0], names[0], dims=(1, 2))  # pyright: ignore[reportArgumentType] -- a number has no dims and is refused
    arrays = [first]
    for name, x in zip(names[1:], inputs[1:], strict=True):
        if np.ndim(np.asarray(x)) == 0:
            arrays.append(np.full(first.shape, checked_number(x, name)))
            continue
        values = values_of(x, name, dims=(1, 2))  # pyright: ignore[reportArgumentType] -- numbers have gone
        if values.shape != first.shape:
            raise ValueError(f"{name} has shape {values.shape} and {names[0]} {first.shape}: give the same")
        _same_labels(inputs[0], x, names[0], name)
        arrays.append(values)
    return tuple(arrays)


def checked_number(x: Any, name: str) -> float:
    """One finite number."""
    number = np.asarray(x)
    if number.ndim or number.dtype.kind not in "iuf" or not np.isfinite(number):
        raise ValueError(f"{name}={x} is not allowed: give a finite number")
    return float(number)


def checked_integer(x: Any, name: str, *, at_least: int) -> int:
    """One integer, not below `at_least`."""
    if isinstance(x, bool) or not isinstance(x, int | np.integer) or x < at_least:
        raise ValueError(f"{name}={x} is not allowed: give an integer ≥ {at_least}")
    return int(x)


def labels_of(x: Any) -> "list[pd.Index]":
    """The labels of each axis; none for an array, or for a DataArray without coordinates."""
    if hasattr(x, "indexes") and hasattr(x, "dims"):
        return [x.indexes[dim] for dim in x.dims] if set(x.dims) <= set(x.indexes) else []
    return [x.index, *([x.columns] if x.ndim == 2 else [])] if hasattr(x, "index") and hasattr(x, "ndim") else []


def _same_labels(a: Any, b: Any, name_a: str, name_b: str) -> None:
    for left, right in zip(labels_of(a), labels_of(b), strict=False):
        if not left.equals(right):
            i = int(np.argmax(np.asarray(left != right)))
            raise ValueError(f"{name_b} has {right[i]} where {name_a} has {left[i]}: align the labels first")
