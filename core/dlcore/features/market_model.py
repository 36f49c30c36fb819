"""What the market explains of an asset, and what is left: beta and residual momentum.

In come a Panel and, where it is to be another than the panel's own, the market's returns `(date,)`; out come factors
`(date, asset)` of the rolling market model ``r[t] = α + β m[t] + e[t]``, fitted to simple daily returns.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.cross_section.rows import inside
from dlcore.features.kernels.comoments import rolling_comoments
from dlcore.features.labelled import bars, count, label, per_date
from dlcore.features.returns import shifted, simple_returns

if TYPE_CHECKING:
    import xarray as xr


def market_return(panel: "xr.Dataset", universe: "xr.DataArray | None" = None) -> "xr.DataArray":
    """What the market did each day: the mean of its members, or the benchmark.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    universe : DataArray of bool (date, asset), optional
        Who belongs to the market on a date, as `dlcore.markets.universe.member_mask` returns it: the market is then
        their mean, whether there is a benchmark or not. Without it the market is the panel's `benchmark`, or, where it
        has none, the mean of all assets.

    Returns
    -------
    DataArray (date,)
        Simple daily return. The mean gives each asset with a return the same weight; NaN where fewer than two have
        one, or where the benchmark is missing. attrs["market"] says which market it is.

    Raises
    ------
    ValueError, TypeError
        For a universe with other axes than the panel, and as `labelled.bars`.
    """
    import xarray as xr

    returns = label(simple_returns(bars(panel, "close")[0]), panel["close"], "return", "fraction", 1)
    if universe is None and "benchmark" in panel:
        daily, market = simple_returns(per_date(panel["benchmark"], panel["close"]))[:, 0], "benchmark"
    else:
        counted = inside(returns, universe).to_numpy()
        known = np.isfinite(counted)
        total, number = np.where(known, counted, 0.0).sum(axis=1), known.sum(axis=1)  # (T,)
        daily = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        market = f"equal-weight mean of {'all assets' if universe is None else 'the universe'} each day"
    attrs = {"unit": "fraction", "warm_up": 1, "market": market}
    return xr.DataArray(daily, {"date": panel["date"]}, ("date",), "market_return", attrs)


def beta(panel: "xr.Dataset", market: "xr.DataArray | None" = None, *, window: int = 252) -> "xr.DataArray":
    """How far an asset moves when the market moves by one: the slope of its returns on the market's.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    market : DataArray (date,), optional
        The market's simple daily returns; `market_return(panel)` without it.
    window : int
        Sessions, at least 2.

    Returns
    -------
    DataArray (date, asset)
        Least squares with an intercept on `window` pairs of simple returns. Warm-up `window`; NaN also wherever
        a return of the asset or the market is missing in the window, and where the market did not move in it.

    Raises
    ------
    ValueError, TypeError
        For a window out of range or a market with other dates, and as `labelled.bars`.
    """
    window = count("window", window, 2)
    returns, moves = _pairs(panel, market)
    slope = _market_model(returns, moves, window)[1]
    return label(slope, panel["close"], f"beta_{window}", "ratio", window)


def residual_momentum(
    panel: "xr.Dataset",
    market: "xr.DataArray | None" = None,
    *,
    window: int = 756,
    lookback: int = 252,
    skip: int = 21,
) -> "xr.DataArray":
    """12–1 momentum of what the market does not explain, in units of its own noise.

    On each date t the market model ``r[s] = α + β m[s] + e[s]`` is fitted by least squares to the `window` sessions up
    to t. Its residuals e of the formation period, t - lookback < s ≤ t - skip, give ``Σ e / std(e)`` (ddof 1). Blitz,
    Huij and Martens fit three factors to 36 months; here it is one factor and 756 sessions. The intercept belongs to
    the fit and is taken out: with `lookback` near `window` hardly anything would be left.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    market : DataArray (date,), optional
        The market's simple daily returns; `market_return(panel)` without it.
    window, lookback, skip : int
        Sessions, 0 ≤ skip, skip + 3 ≤ lookback ≤ window.

    Returns
    -------
    DataArray (date, asset)
        Without unit, of the order of √(lookback - skip) where there is no momentum. Warm-up `window`; NaN also
        wherever a return is missing in the window, and where the market explains an asset fully.

    Raises
    ------
    ValueError, TypeError
        For sessions out of range or a market with other dates, and as `labelled.bars`.

    References
    ----------
    Blitz, Huij and Martens (2011), *Journal of Empirical Finance* 18.
    """
    lookback = count("lookback", lookback, count("skip", skip, 0) + 3)
    window, formed = count("window", window, lookback), lookback - skip
    returns, moves = _pairs(panel, market)
    alpha, slope = _market_model(returns, moves, window)
    mean_r, mean_m, cross, squares_m = (shifted(part, skip) for part in _comoments(returns, moves, formed))
    squares_r = shifted(rolling_comoments(returns, returns, formed)[2], skip)
    squares = squares_r - 2 * slope * cross + slope**2 * squares_m  # of the residuals about their mean
    noise = np.where(squares > 1e-12 * squares_r, np.sqrt(np.maximum(squares, 0.0) / (formed - 1)), np.nan)
    values = formed * (mean_r - alpha - slope * mean_m) / noise
    return label(values, panel["close"], f"residual_momentum_{lookback}_{skip}", "residual deviations", window)


def _pairs(panel: "xr.Dataset", market: "xr.DataArray | None") -> tuple[np.ndarray, np.ndarray]:
    """Simple returns of the assets (dates, assets) and of the market (dates, 1)."""
    market = market_return(panel) if market is None else market
    return simple_returns(bars(panel, "close")[0]), per_date(market, panel["close"])


def _comoments(returns: np.ndarray, moves: np.ndarray, window: int) -> tuple[np.ndarray, ...]:
    """Means of the assets (dates, assets) and the market (dates, 1), co-moments with it, and its own squares."""
    beside = np.repeat(moves, returns.shape[1], axis=1)
    mean_r, _, cross = rolling_comoments(returns, beside, window)
    mean_m, _, squares_m = rolling_comoments(moves, moves, window)
    return mean_r, mean_m, cross, squares_m


def _market_model(returns: np.ndarray, moves: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Intercepts and slopes (dates, assets) of the least-squares lines through each window."""
    mean_r, mean_m, cross, squares_m = _comoments(returns, moves, window)
    slope = cross / np.where(squares_m > 0, squares_m, np.nan)
    return mean_r - slope * mean_m, slope
