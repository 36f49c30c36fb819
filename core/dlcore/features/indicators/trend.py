"""Where a price has been on average, and how far from there it is."""

from typing import TYPE_CHECKING

from dlcore.features.kernels import recursions, windows
from dlcore.features.kernels.elements import quotient
from dlcore.features.labelled import count, known, label, label_lines

if TYPE_CHECKING:
    import xarray as xr


def sma(values: "xr.DataArray", window: int) -> "xr.DataArray":
    """Simple moving average, ``(x_t + … + x_{t−n+1}) / n``.

    Parameters
    ----------
    values : DataArray (date, asset)
        Any field.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Unit of the values. Warm-up n − 1; NaN where the window holds one. As TA-Lib's SMA.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.known`.
    """
    window = count("window", window)
    average = windows.rolling_mean(known(values), window)
    return label(average, values, f"sma_{window}", "as the values", window - 1)


def ema(values: "xr.DataArray", window: int) -> "xr.DataArray":
    """Exponential moving average, ``m_t = m_{t−1} + 2 / (n + 1) · (x_t − m_{t−1})``.

    Parameters
    ----------
    values : DataArray (date, asset)
        Any field.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Unit of the values. The seed is the mean of the first n values of a run, as in TA-Lib (pandas' `ewm` begins with
        the first value instead). Warm-up n − 1; starts anew after a NaN.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.known`.
    """
    window = count("window", window)
    average = recursions.ema(known(values), window, 2 / (window + 1))
    return label(average, values, f"ema_{window}", "as the values", window - 1)


def macd(close: "xr.DataArray", fast: int = 12, slow: int = 26, signal: int = 9) -> "xr.Dataset":
    """Moving average convergence/divergence: the gap between a fast and a slow `ema`.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices.
    fast, slow, signal : int
        Sessions of the three averages, fast < slow.

    Returns
    -------
    Dataset (date, asset)
        `line` = ema_fast − ema_slow, `signal` = ema of the line, `histogram` = line − signal, in units of the price.
        Both averages are seeded on the slow-th close of a run, the fast one with the mean of the last `fast` of them,
        as in TA-Lib. Warm-up slow − 1 for the line (TA-Lib hides it until there is a signal), slow + signal − 2 for the
        others; starts anew after a NaN. Source: Appel, The Moving Average Convergence Trading Method (1979).

    Raises
    ------
    ValueError, TypeError
        For a window below 1, fast ≥ slow, and as `labelled.known`.
    """
    slow, signal = count("slow", slow, 2), count("signal", signal)
    if count("fast", fast) >= slow:
        raise ValueError(f"fast={fast} is not allowed: give an integer from 1 to slow − 1 = {slow - 1}")
    line, smoothed = recursions.macd(known(close), int(fast), slow, signal)
    late = slow + signal - 2
    lines = {"line": (line, slow - 1), "signal": (smoothed, late), "histogram": (line - smoothed, late)}
    return label_lines({name: (values, "price", warm_up) for name, (values, warm_up) in lines.items()}, close)


def ratio_to_sma(values: "xr.DataArray", window: int) -> "xr.DataArray":
    """A value over its own moving average, ``x_t / sma_t``.

    Parameters
    ----------
    values : DataArray (date, asset)
        A price, or volume.
    window : int
        n ≥ 1 sessions, today's among them.

    Returns
    -------
    DataArray (date, asset)
        Plain ratio, 1 is average. Warm-up n − 1; NaN where the window holds one, and where its mean is 0.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.known`.
    """
    window = count("window", window)
    numbers = known(values)
    ratio = quotient(numbers, windows.rolling_mean(numbers, window))
    return label(ratio, values, f"ratio_to_sma_{window}", "ratio", window - 1)


def sma_gap(values: "xr.DataArray", window: int) -> "xr.DataArray":
    """How far a value is from its moving average, ``x_t / sma_t − 1``; all else as for `ratio_to_sma`."""
    gap = ratio_to_sma(values, window)
    gap -= 1
    return gap.rename(f"sma_gap_{window}").assign_attrs(unit="fraction")
