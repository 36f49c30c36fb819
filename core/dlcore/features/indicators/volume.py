"""How much changed hands, and in which direction."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels import recursions, windows
from dlcore.features.kernels.elements import quotient
from dlcore.features.labelled import bars, count, label

if TYPE_CHECKING:
    import xarray as xr


def dollar_volume(panel: "xr.Dataset") -> "xr.DataArray":
    """Close times volume: what changed hands, at the closing price.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `close`, `volume`. Adjusted closes with raw volumes make the years before a split too small.

    Returns
    -------
    DataArray (date, asset)
        In the currency of the price. No warm-up; NaN where either is.

    Raises
    ------
    ValueError, TypeError
        As `labelled.bars`.
    """
    close, volume = bars(panel, "close", "volume")
    return label(close * volume, panel["close"], "dollar_volume", "currency", 0)


def obv(panel: "xr.Dataset") -> "xr.DataArray":
    """On-balance volume: the sum of volumes, with the sign of each day's move of the close.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `close`, `volume`.

    Returns
    -------
    DataArray (date, asset)
        Shares. A run begins with its first volume, as in TA-Lib, so the level says when history began: use `obv_slope`
        across assets. No warm-up; starts anew after a NaN. Source: Granville, New Key to Stock Market Profits (1963).

    Raises
    ------
    ValueError, TypeError
        As `labelled.bars`.
    """
    return label(recursions.obv(*bars(panel, "close", "volume")), panel["close"], "obv", "shares", 0)


def obv_slope(panel: "xr.Dataset", window: int = 10) -> "xr.DataArray":
    """Least-squares slope of the `obv` on the last n sessions, over their mean volume.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `close`, `volume`.
    window : int
        n ≥ 2 sessions.

    Returns
    -------
    DataArray (date, asset)
        Days' volume a day, about −1 (every day a fall) to 1 (every day a rise). Warm-up n − 1; NaN where the window
        holds one, and where its volume is 0.

    Raises
    ------
    ValueError, TypeError
        For a window below 2, and as `labelled.bars`.
    """
    window = count("window", window, 2)
    close, volume = bars(panel, "close", "volume")
    time = np.arange(len(close), dtype=np.float64)
    slope = windows.rolling_slope(recursions.obv(close, volume), time, window)
    return label(
        quotient(slope, windows.rolling_mean(volume, window)),
        panel["close"],
        f"obv_slope_{window}",
        "days' volume a day",
        window - 1,
    )
