"""Between 0 and 100: how one-sided the last moves were, and where in its recent range a price closed."""

from typing import TYPE_CHECKING

from dlcore.features.kernels import recursions, windows
from dlcore.features.kernels.elements import quotient
from dlcore.features.labelled import bars, count, known, label, label_lines

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr


def rsi(close: "xr.DataArray", window: int = 14) -> "xr.DataArray":
    """Wilder's relative strength index, ``100 · G / (G + L)``.

    G and L are the averages of the rises and of the falls, ``G_t = G_{t−1} + (g_t − G_{t−1}) / n``.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        0 (only falls) to 100 (only rises). The seed is the mean of the first n moves of a run, as with Wilder and
        TA-Lib. Warm-up n; starts anew after a NaN. NaN while a price has not moved since its run began, where TA-Lib
        says 0. Source: Wilder, New Concepts in Technical Trading Systems (1978).

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.known`.
    """
    window = count("window", window)
    return label(recursions.rsi(known(close), window), close, f"rsi_{window}", "0 to 100", window)


def stochastic(panel: "xr.Dataset", window: int = 14, smooth: int = 3) -> "xr.Dataset":
    """Where in the range of the last sessions the price closed, ``%K = 100 · (C − L_n) / (H_n − L_n)``.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `high`, `low`, `close`.
    window, smooth : int
        Sessions of the range, n, and of the average.

    Returns
    -------
    Dataset (date, asset)
        `k`, the fast %K, 0 to 100, warm-up n − 1; `d`, its `sma` over `smooth` sessions, warm-up n + smooth − 2. NaN
        where a window holds one. As TA-Lib's STOCHF; NaN where the range is 0, where TA-Lib says 0.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.bars`.
    """
    window, smooth = count("window", window), count("smooth", smooth)
    k = _place_in_range(panel, window)
    d = windows.rolling_mean(k, smooth)
    late = window + smooth - 2
    return label_lines({"k": (k, "0 to 100", window - 1), "d": (d, "0 to 100", late)}, panel["close"])


def kdj(panel: "xr.Dataset", window: int = 9) -> "xr.Dataset":
    """The stochastic with exponential memory: ``K = ⅔ K' + ⅓ %K``, ``D = ⅔ D' + ⅓ K``, ``J = 3 K − 2 D``.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `high`, `low`, `close`.
    window : int
        n ≥ 1 sessions of the range.

    Returns
    -------
    Dataset (date, asset)
        `k` and `d`, 0 to 100, and `j`, which may leave that range. K and D are 50 before the first %K, as Chinese
        trading platforms have it. Warm-up n − 1; starts anew after a NaN, and after a range of 0.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.bars`.
    """
    window = count("window", window)
    k = recursions.decay(_place_in_range(panel, window), 1 / 3, 50.0)
    d = recursions.decay(k, 1 / 3, 50.0)
    lines = {"k": k, "d": d, "j": 3 * k - 2 * d}
    return label_lines({name: (line, "0 to 100", window - 1) for name, line in lines.items()}, panel["close"])


def _place_in_range(panel: "xr.Dataset", window: int) -> "np.ndarray":
    """0 where the close is the lowest low of the window, 100 where it is the highest high (dates, assets)."""
    high, low, close = bars(panel, "high", "low", "close")
    lowest = windows.rolling_min(low, window)
    height = windows.rolling_max(high, window)
    height -= lowest
    place = quotient(close - lowest, height)
    place *= 100
    return place
