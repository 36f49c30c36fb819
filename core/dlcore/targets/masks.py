"""Masks over (date, asset): the same axes, or a refusal.

In comes a boolean DataArray; out comes its array. xarray would align by dropping what the two sides do not share; here
a mask that lacks a date is a mistake and not an intersection.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def mask_values(mask: "xr.DataArray", dates: "pd.Index", assets: "pd.Index", name: str) -> np.ndarray:
    """The mask as an array, once it is clear that it speaks of these dates and assets.

    Parameters
    ----------
    mask : DataArray of bool (date, asset)
        In either order of dims.
    dates, assets : Index
        The axes that it must have.
    name : str
        What the mask is called in errors.

    Returns
    -------
    array of bool (dates, assets)

    Raises
    ------
    ValueError
        For other dims, axes or dtype.
    TypeError
        For anything but a DataArray.
    """
    import xarray as xr

    if not isinstance(mask, xr.DataArray):
        raise TypeError(f"{name} is a {type(mask).__name__}: give a boolean DataArray over (date, asset)")
    if set(mask.dims) != {"date", "asset"} or mask.dtype != np.bool_:
        raise ValueError(f"{name} has dims {mask.dims} and dtype {mask.dtype}: give bool over (date, asset)")
    check_axes(mask, dates, assets, name)
    return mask.transpose("date", "asset").to_numpy()


def check_axes(array: "xr.DataArray", dates: "pd.Index", assets: "pd.Index", name: str) -> None:
    """Refuse what does not have exactly these dates and assets.

    Parameters
    ----------
    array : DataArray (date, asset)
    dates, assets : Index
        The axes that it must have.
    name : str
        What it is called in the error.

    Raises
    ------
    ValueError
        For other labels, or the same in another order.
    """
    for axis, labels in (("date", dates), ("asset", assets)):
        if axis not in array.indexes or not array.indexes[axis].equals(labels):
            raise ValueError(f"{name}: other labels on axis {axis!r}: reindex before")
