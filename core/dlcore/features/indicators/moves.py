"""How far a price has come: since a day in the past, from its highest, within its bar."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels import windows
from dlcore.features.labelled import bars, count, known, label, positive

if TYPE_CHECKING:
    import xarray as xr

YEAR = 252  # sessions


def log_return(close: "xr.DataArray", window: int = 1) -> "xr.DataArray":
    """``ln(C_t / C_{t−n})``.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        A plain number, .01 is about 1 %. Warm-up n; NaN unless all n + 1 closes from then until now are known: a return
        over a gap is a return over an unknown time.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.positive`.
    """
    window = count("window", window)
    numbers = positive(close)
    returns = windows.lagged(numbers, window)
    np.divide(numbers, returns, out=returns)
    return label(np.log(returns, out=returns), close, f"log_return_{window}", "log return", window)


def momentum(values: "xr.DataArray", window: int = 10) -> "xr.DataArray":
    """``x_t − x_{t−n}``.

    Parameters
    ----------
    values : DataArray (date, asset)
        Any field.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Unit of the values. Warm-up n; NaN unless all n + 1 values are known. As TA-Lib's MOM.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.known`.
    """
    window = count("window", window)
    numbers = known(values)
    change = windows.lagged(numbers, window)
    np.subtract(numbers, change, out=change)
    return label(change, values, f"momentum_{window}", "as the values", window)


def rate_of_change(close: "xr.DataArray", window: int = 10) -> "xr.DataArray":
    """``C_t / C_{t−n} − 1``.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        A fraction, as TA-Lib's ROCP. Warm-up n; NaN unless all n + 1 closes are known.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.positive`.
    """
    window = count("window", window)
    numbers = positive(close)
    return label(numbers / windows.lagged(numbers, window) - 1, close, f"rate_of_change_{window}", "fraction", window)


def distance_to_high(close: "xr.DataArray", high: "xr.DataArray", window: int = YEAR) -> "xr.DataArray":
    """``C_t / max(H_t, …, H_{t−n+1}) − 1``; with the closes as highs it is the drawdown.

    Parameters
    ----------
    close, high : DataArray (date, asset)
        Prices > 0 on the same labels.
    window : int
        n ≥ 1 sessions, today's among them.

    Returns
    -------
    DataArray (date, asset)
        A fraction ≤ 0 where no close is above its high. Warm-up n − 1; NaN where the window holds one. Source: George
        and Hwang (2004), Journal of Finance 59.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, other labels, and as `labelled.positive`.
    """
    window = count("window", window)
    prices, highs = positive(close), positive(high)
    if any(not close.indexes[axis].equals(high.indexes[axis]) for axis in ("date", "asset")):
        raise ValueError("close and high have other dates or assets: give both from one panel")
    distance = windows.rolling_max(highs, window)
    np.divide(prices, distance, out=distance)
    distance -= 1
    return label(distance, close, f"distance_to_high_{window}", "fraction", window - 1)


def price_ratio(panel: "xr.Dataset", upper: str, lower: str) -> "xr.DataArray":
    """One price of a bar over another, such as high / low.

    Parameters
    ----------
    panel : Dataset (date, asset)
    upper, lower : str
        Names of two price fields.

    Returns
    -------
    DataArray (date, asset)
        A plain ratio. No warm-up; NaN where either is.

    Raises
    ------
    ValueError, TypeError
        As `labelled.bars`.
    """
    above, below = bars(panel, upper, lower)
    return label(above / below, panel["close"], f"{upper}_to_{lower}", "ratio", 0)
