"""One series over dates, as every function of this room wants it."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def known_part(series: "xr.DataArray") -> tuple[np.ndarray, np.ndarray]:
    """The values that are there, and where.

    Parameters
    ----------
    series : DataArray (date,)
        NaN is "nothing happened": the date is stepped over as if it were not there.

    Returns
    -------
    array (known,), array of int (known,)
        Values and their rows.

    Raises
    ------
    ValueError
        For other dims, unsorted dates, or infinite values.
    """
    if series.dims != ("date",):
        raise ValueError(f"a series with dims {series.dims} is not allowed: give (date,), one asset or the market")
    check_order(series)
    values = series.to_numpy().astype(np.float64)
    if np.isinf(values).any():
        where = str(series["date"].to_numpy()[np.isinf(values)][0])[:10]
        raise ValueError(f"the series is infinite at {where}: give finite numbers or NaN")
    rows = np.flatnonzero(np.isfinite(values))
    return values[rows], rows


def check_order(values: "xr.DataArray") -> None:
    """Refuse dates that are not ascending and unique.

    Parameters
    ----------
    values : DataArray (date, ...)
        Anything on dates.

    Raises
    ------
    ValueError
        For dates out of order or twice.
    """
    if not values.indexes["date"].is_monotonic_increasing or not values.indexes["date"].is_unique:
        raise ValueError("dates are not in ascending order, or one appears twice: sort them and keep one of each")


def spread(values: np.ndarray, rows: np.ndarray, dates: int) -> np.ndarray:
    """Put values (known, ...) back in their rows.

    Parameters
    ----------
    values : array (known, ...)
        As computed on the known part.
    rows : array of int (known,)
        From `known_part`.
    dates : int
        Length of the series.

    Returns
    -------
    array (dates, ...)
        NaN in the other rows.
    """
    whole = np.full((dates, *values.shape[1:]), np.nan)
    whole[rows] = values
    return whole
