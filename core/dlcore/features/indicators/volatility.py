"""How much a price moves: from closes, and from the range of the day. Annualised with 252 sessions, but for the ATR."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels import recursions, windows
from dlcore.features.labelled import bars, count, label, positive

if TYPE_CHECKING:
    import xarray as xr

SESSIONS = 252  # a year
PER_YEAR = "per year"


def atr(panel: "xr.Dataset", window: int = 14) -> "xr.DataArray":
    """Wilder's average true range, ``A_t = A_{t−1} + (TR_t − A_{t−1}) / n``.

    The true range reaches from the lower of low and yesterday's close to the higher of high and yesterday's close.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `high`, `low`, `close`.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        In units of the price. The seed is the mean of the first n true ranges of a run, as with Wilder and TA-Lib.
        Warm-up n (NaN, never 0); starts anew after a bar that lacks one of its prices. Source: Wilder (1978).

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.bars`.
    """
    window = count("window", window)
    high, low, close = bars(panel, "high", "low", "close")
    average = recursions.atr(high, low, close, window)
    return label(average, panel["close"], f"atr_{window}", "price", window)


def realized_volatility(close: "xr.DataArray", window: int = 20) -> "xr.DataArray":
    """Root mean square of the last n log returns, times √252: no mean is taken away.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0.
    window : int
        n ≥ 1 returns.

    Returns
    -------
    DataArray (date, asset)
        Per year. Warm-up n; NaN where one of the n + 1 closes is. Source: Andersen, Bollerslev, Diebold and Labys
        (2003), Econometrica 71, with daily returns.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.positive`.
    """
    window = count("window", window)
    daily = _log_returns(positive(close))
    return _yearly(daily**2, window, close, f"realized_volatility_{window}", warm_up=window)


def parkinson(panel: "xr.Dataset", window: int = 20) -> "xr.DataArray":
    """Volatility from the range of the day, √(252 · mean of ``ln(H / L)² / (4 ln 2)``).

    Parameters
    ----------
    panel : Dataset (date, asset)
        `high`, `low`.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Per year, of the hours of trading alone: the night is not seen. Warm-up n − 1; NaN where the window holds one.
        Source: Parkinson (1980), Journal of Business 53.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.bars`.
    """
    window = count("window", window)
    high, low = bars(panel, "high", "low")
    daily = np.log(high / low) ** 2 / (4 * np.log(2))
    return _yearly(daily, window, panel["high"], f"parkinson_{window}", warm_up=window - 1)


def garman_klass(panel: "xr.Dataset", window: int = 20) -> "xr.DataArray":
    """Volatility from the whole bar, √(252 · mean of ``½ ln(H / L)² − (2 ln 2 − 1) ln(C / O)²``).

    Parameters
    ----------
    panel : Dataset (date, asset)
        `open`, `high`, `low`, `close`.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Per year, of the hours of trading alone. Warm-up n − 1; NaN where the window holds one, and where the mean is
        below 0, which only bars whose open or close lies outside their range can bring about. Source: Garman and Klass
        (1980), Journal of Business 53, equation 20.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, and as `labelled.bars`.
    """
    window = count("window", window)
    opened, high, low, close = bars(panel, "open", "high", "low", "close")
    daily = 0.5 * np.log(high / low) ** 2 - (2 * np.log(2) - 1) * np.log(close / opened) ** 2
    return _yearly(daily, window, panel["close"], f"garman_klass_{window}", warm_up=window - 1)


def _log_returns(close: np.ndarray) -> np.ndarray:
    """From one session to the next (dates, assets), NaN where either has no close."""
    returns = close / windows.lagged(close, 1)
    return np.log(returns, out=returns)


def _yearly(daily: np.ndarray, window: int, like: "xr.DataArray", name: str, *, warm_up: int) -> "xr.DataArray":
    """Root of the mean of daily variances, a year's worth of it."""
    variance = SESSIONS * windows.rolling_mean(daily, window)
    with np.errstate(invalid="ignore"):
        return label(np.sqrt(variance), like, name, PER_YEAR, warm_up)
