"""Closes and daily returns of a Panel as plain arrays `(dates, assets)`, and the way back to labelled features."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def closes(panel: "xr.Dataset") -> np.ndarray:
    """Closes of a checked Panel.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.

    Returns
    -------
    array (dates, assets)
        NaN where an asset did not trade.

    Raises
    ------
    ValueError, TypeError
        As `check_panel`.
    """
    from dlcore.markets.panel import check_panel

    return check_panel(panel)["close"].to_numpy()


def shifted(values: np.ndarray, sessions: int) -> np.ndarray:
    """What was there `sessions` dates ago.

    Parameters
    ----------
    values : array (dates, ...)
        Anything.
    sessions : int
        How far to look back, ≥ 0.

    Returns
    -------
    array (dates, ...)
        NaN on the first `sessions` dates.
    """
    before = np.full_like(values, np.nan)
    before[sessions:] = values[: max(len(values) - sessions, 0)]
    return before


def simple_returns(levels: np.ndarray) -> np.ndarray:
    """Returns from one date to the next.

    Parameters
    ----------
    levels : array (dates, ...)
        Prices.

    Returns
    -------
    array (dates, ...)
        Fractions. NaN on the first date, and where the price of the date or of the one before is missing.
    """
    return levels / shifted(levels, 1) - 1


def labelled(panel: "xr.Dataset", values: np.ndarray, name: str) -> "xr.DataArray":
    """Values on the axes of a Panel.

    Parameters
    ----------
    panel : Dataset (date, asset)
        Whose axes and coordinates of the assets are taken.
    values : array (dates, assets) or (dates,)
        The feature.
    name : str
        Its name.

    Returns
    -------
    DataArray (date, asset) or (date,)
        The same values.
    """
    import xarray as xr

    dims = ("date", "asset")[: values.ndim]
    coordinates = {key: one for key, one in panel.coords.items() if set(one.dims) <= set(dims)}
    return xr.DataArray(values, coordinates, dims, name)
