"""Factors: the few numbers by which the literature sorts stocks, each on the close of its date.

In comes a Panel, out comes one DataArray `(date, asset)` for each factor. A window counts sessions, and one session
without a return leaves every window that holds it without a value: nothing is filled and nothing is skipped.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.arguments import checked_count
from dlcore.features.returns import closes, labelled, shifted, simple_returns

if TYPE_CHECKING:
    import xarray as xr

SESSIONS_A_YEAR = 252


def momentum(panel: "xr.Dataset", lookback: int = 252, skip: int = 21) -> "xr.DataArray":
    """Return over the last year without the last month: 12–1 momentum.

    ``close[t - skip] / close[t - lookback] - 1``

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    lookback, skip : int
        Sessions, 0 ≤ skip < lookback.

    Returns
    -------
    DataArray (date, asset)
        A fraction. NaN for the first `lookback` dates, and where one of the two closes is missing.

    Raises
    ------
    ValueError
        For sessions out of range, and as `check_panel`.

    References
    ----------
    Jegadeesh and Titman (1993), *Journal of Finance* 48.
    """
    lookback = checked_count("lookback", lookback, 1)
    if checked_count("skip", skip, 0) >= lookback:
        raise ValueError(f"skip={skip} is not allowed: give an integer from 0 to {lookback - 1}")
    close = closes(panel)
    values = shifted(close, skip) / shifted(close, lookback) - 1
    return labelled(panel, values, f"momentum_{lookback}_{skip}")


def reversal(panel: "xr.Dataset", lookback: int = 5) -> "xr.DataArray":
    """The last days' return with its sign turned: what fell is expected to come back.

    ``1 - close[t] / close[t - lookback]``

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    lookback : int
        Sessions, at least 1.

    Returns
    -------
    DataArray (date, asset)
        A fraction. NaN for the first `lookback` dates, and where one of the two closes is missing.

    Raises
    ------
    ValueError
        For a lookback out of range, and as `check_panel`.

    References
    ----------
    Lehmann (1990), *Quarterly Journal of Economics* 105.
    """
    close = closes(panel)
    values = 1 - close / shifted(close, checked_count("lookback", lookback, 1))
    return labelled(panel, values, f"reversal_{lookback}")


def volatility(panel: "xr.Dataset", window: int = SESSIONS_A_YEAR) -> "xr.DataArray":
    """Standard deviation of daily log returns.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    window : int
        Sessions, at least 2.

    Returns
    -------
    DataArray (date, asset)
        Annualised, ddof 1. NaN for the first `window` dates, and wherever one of the `window` returns is missing.

    Raises
    ------
    ValueError
        For a window out of range, and as `check_panel`.
    """
    from dlcore.features.comoments import rolling_comoments

    window = checked_count("window", window, 2)
    returns = np.log1p(simple_returns(closes(panel)))
    _, _, squares = rolling_comoments(returns, returns, window)
    return labelled(panel, np.sqrt(squares / (window - 1) * SESSIONS_A_YEAR), f"volatility_{window}")


def amihud(panel: "xr.Dataset", window: int = 21) -> "xr.DataArray":
    """Illiquidity: how far the price moves for a million traded.

    ``mean(|return| / (close · volume)) · 10⁶`` over the window. With prices adjusted for later splits and dividends
    the value traded is that of today's shares; its level then drifts with the adjustment, its ranking less so.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel with `volume`.
    window : int
        Sessions, at least 1.

    Returns
    -------
    DataArray (date, asset)
        Fraction per million of the panel's currency. NaN for the first `window` dates, and wherever a return is
        missing or nothing was traded in the window.

    Raises
    ------
    ValueError
        For a panel without volume or a window out of range, and as `check_panel`.

    References
    ----------
    Amihud (2002), *Journal of Financial Markets* 5.
    """
    from dlcore.features.comoments import rolling_comoments

    window = checked_count("window", window, 1)
    if "volume" not in panel:
        raise ValueError("the panel has no volume: illiquidity needs one, us-tech-5 and simulated-sp500 have it")
    close = closes(panel)
    traded = close * panel["volume"].transpose("date", "asset").to_numpy()
    impact = np.abs(simple_returns(close)) / np.where(traded > 0, traded, np.nan)
    return labelled(panel, rolling_comoments(impact, impact, window)[0] * 1e6, f"amihud_{window}")
