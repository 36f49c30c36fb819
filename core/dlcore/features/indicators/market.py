"""An asset against its market: what the market did, how much of it the asset takes part in, who was stronger."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels import windows
from dlcore.features.labelled import bars, count, known, label, member, per_date, positive

if TYPE_CHECKING:
    import xarray as xr


def market_return(panel: "xr.Dataset", universe: "xr.DataArray | None" = None) -> "xr.DataArray":
    """Log return of the market from one session to the next.

    Parameters
    ----------
    panel : Dataset (date, asset)
        `benchmark` (date,) where it has one; else the market is the mean of the simple returns of the closes, in equal
        weights each day.
    universe : DataArray of bool (date, asset), optional
        Whose returns count on a date, where there is no benchmark; all assets by default.

    Returns
    -------
    DataArray (date,)
        NaN on the first date, and where nothing is known. attrs["market"] says which market it is.

    Raises
    ------
    ValueError, TypeError
        For a universe on other labels, and as `labelled.bars`.
    """
    import xarray as xr

    (close,) = bars(panel, "close")
    like = panel["close"]
    if "benchmark" in panel.data_vars:
        levels = per_date(panel["benchmark"], like)
        daily = np.log(levels / windows.lagged(levels, 1))[:, 0]
        market = "benchmark"
    else:
        returns = close / windows.lagged(close, 1) - 1
        counted = np.isfinite(returns) if universe is None else np.isfinite(returns) & member(universe, like)
        total, number = np.where(counted, returns, 0.0).sum(axis=1), counted.sum(axis=1)
        daily = np.log1p(np.where(number > 0, total / np.maximum(number, 1), np.nan))  # (dates,)
        market = f"equal-weight mean of {'all assets' if universe is None else 'the universe'} each day"
    attrs = {"unit": "log return", "warm_up": 1, "market": market}
    return xr.DataArray(daily, {"date": panel["date"].to_numpy()}, ("date",), "market_return", attrs)


def rolling_beta(returns: "xr.DataArray", market: "xr.DataArray", window: int = 252) -> "xr.DataArray":
    """Least-squares slope of an asset's returns on the market's, ``Σ (m − m̄)(r − r̄) / Σ (m − m̄)²``.

    Parameters
    ----------
    returns : DataArray (date, asset)
        Daily returns.
    market : DataArray (date,)
        The market's, on the same dates.
    window : int
        n ≥ 2 returns.

    Returns
    -------
    DataArray (date, asset)
        A plain number, 1 moves with the market. Warm-up n − 1 returns; NaN where the window holds one, and where the
        market did not move.

    Raises
    ------
    ValueError, TypeError
        For a window below 2, a market on other dates, and as `labelled.known`.
    """
    window = count("window", window, 2)
    slope = windows.rolling_slope(known(returns), per_date(market, returns)[:, 0], window)
    return label(slope, returns, f"beta_{window}", "ratio", window - 1)


def strength(close: "xr.DataArray", market: "xr.DataArray", window: int) -> "xr.DataArray":
    """Log return of the last n sessions less the market's.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0.
    market : DataArray (date,)
        Daily log returns of the market on the same dates, as from `market_return`.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Log return. Warm-up n; NaN unless all n + 1 closes and all n returns of the market are known.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, a market on other dates, and as `labelled.positive`.
    """
    window = count("window", window)
    numbers = positive(close)
    gain = np.log(numbers / windows.lagged(numbers, window))
    gain -= window * windows.rolling_mean(per_date(market, close), window)
    return label(gain, close, f"strength_{window}", "log return", window)
