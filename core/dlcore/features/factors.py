"""Factors: the few numbers by which the literature sorts stocks, each on the close of its date.

In comes a Panel, out comes one DataArray `(date, asset)` for each factor, with `unit` and `warm_up` in its attrs. The
rule of `indicators` holds: a value is known when the asset traded on every session that the value rests on, nothing is
filled and nothing is skipped.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels.elements import quotient
from dlcore.features.kernels.windows import lagged, rolling_mean, rolling_moments
from dlcore.features.labelled import bars, count, label
from dlcore.features.returns import simple_returns

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
        A fraction. Warm-up `lookback`; NaN unless all closes from `lookback` sessions ago until now are known.

    Raises
    ------
    ValueError, TypeError
        For sessions out of range, and as `labelled.bars`.

    References
    ----------
    Jegadeesh and Titman (1993), *Journal of Finance* 48; the last month left out as by Asness (1994).

    Examples
    --------
    The first day that has one is a year in, and the last month does not count:

    >>> from dlcore.features import momentum
    >>> from dlcore.markets import load_panel
    >>> panel = load_panel("simulated-sp500?assets=10&sessions=300&seed=1")
    >>> year = momentum(panel)
    >>> int(year.notnull().any("asset").values.argmax())
    252
    >>> close, t = panel["close"], 260
    >>> bool(year[t, 0] == close[t - 21, 0] / close[t - 252, 0] - 1)
    True
    """
    lookback = count("lookback", lookback, 1)
    if count("skip", skip, 0) >= lookback:
        raise ValueError(f"skip={skip} is not allowed: give an integer from 0 to {lookback - 1}")
    (close,) = bars(panel, "close")
    values = lagged(close, skip) / lagged(close, lookback) - 1
    return label(values, panel["close"], f"momentum_{lookback}_{skip}", "fraction", lookback)


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
        A fraction. Warm-up `lookback`; NaN unless all closes from `lookback` sessions ago until now are known.

    Raises
    ------
    ValueError, TypeError
        For a lookback out of range, and as `labelled.bars`.

    References
    ----------
    Lehmann (1990), *Quarterly Journal of Economics* 105.
    """
    (close,) = bars(panel, "close")
    lookback = count("lookback", lookback)
    return label(1 - close / lagged(close, lookback), panel["close"], f"reversal_{lookback}", "fraction", lookback)


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
        Per year, ddof 1: 0.2 is 20 % a year. Warm-up `window`; NaN where one of the `window` returns is missing.

    Raises
    ------
    ValueError, TypeError
        For a window out of range, and as `labelled.bars`.
    """
    window = count("window", window, 2)
    returns = simple_returns(bars(panel, "close")[0])
    np.log1p(returns, out=returns)
    _, variance = rolling_moments(returns, window)
    variance *= SESSIONS_A_YEAR * window / (window - 1)
    return label(np.sqrt(variance, out=variance), panel["close"], f"volatility_{window}", "per year", window)


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
        Fraction per million of the panel's currency. Warm-up `window`; NaN where a return is missing or nothing was
        traded in the window.

    Raises
    ------
    ValueError, TypeError
        For a panel without volume or a window out of range, and as `labelled.bars`.

    References
    ----------
    Amihud (2002), *Journal of Financial Markets* 5.
    """
    window = count("window", window)
    close, volume = bars(panel, "close", "volume")
    impact = quotient(np.abs(simple_returns(close)), close * volume)
    impact *= 1e6
    return label(rolling_mean(impact, window), panel["close"], f"amihud_{window}", "fraction per million", window)
