"""What the market explains of an asset, and what is left: beta and residual momentum.

In come a Panel and, where it is to be another than the panel's own, the market's returns `(date,)`; out come factors
`(date, asset)` of the rolling market model ``r[t] = α + β m[t] + e[t]``, fitted to simple daily returns.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.arguments import checked_count
from dlcore.features.cross_section.rows import inside
from dlcore.features.returns import closes, labelled, shifted, simple_returns

if TYPE_CHECKING:
    import xarray as xr


def market_return(panel: "xr.Dataset", universe: "xr.DataArray | None" = None) -> "xr.DataArray":
    """What the market did each day: the mean of its members, or the benchmark.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    universe : DataArray of bool (date, asset), optional
        Who belongs to the market on a date, as `dlcore.markets.universe.member_mask` returns it. Without it the market
        is the panel's `benchmark`, or, where it has none, all assets.

    Returns
    -------
    DataArray (date,)
        Simple daily return. The mean gives each asset with a return the same weight; NaN where fewer than two have
        one, or where the benchmark is missing.

    Raises
    ------
    ValueError
        For a universe with other axes than the panel, and as `check_panel`.
    """
    close = closes(panel)
    if universe is None and "benchmark" in panel:
        return labelled(panel, simple_returns(panel["benchmark"].to_numpy()), "market_return")
    returns = inside(labelled(panel, simple_returns(close), "return"), universe).to_numpy()
    known = np.isfinite(returns)
    total, count = np.where(known, returns, 0.0).sum(axis=1), known.sum(axis=1)  # (T,)
    return labelled(panel, np.where(count > 0, total / np.maximum(count, 1), np.nan), "market_return")


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
        Least squares with an intercept on `window` pairs of simple returns. NaN for the first `window` dates, wherever
        a return of the asset or the market is missing in the window, and where the market did not move in it.

    Raises
    ------
    ValueError
        For a window out of range or a market with other dates, and as `check_panel`.
    """
    window = checked_count("window", window, 2)
    returns, moves = _pairs(panel, market)
    return labelled(panel, _market_model(returns, moves, window)[1], f"beta_{window}")


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
        Without unit, of the order of √(lookback - skip) where there is no momentum. NaN for the first `window` dates,
        wherever a return is missing in the window, and where the market explains an asset fully.

    Raises
    ------
    ValueError
        For sessions out of range or a market with other dates, and as `check_panel`.

    References
    ----------
    Blitz, Huij and Martens (2011), *Journal of Empirical Finance* 18.
    """
    from dlcore.features.comoments import rolling_comoments

    lookback = checked_count("lookback", lookback, checked_count("skip", skip, 0) + 3)
    window, formed = checked_count("window", window, lookback), lookback - skip
    returns, moves = _pairs(panel, market)
    alpha, slope = _market_model(returns, moves, window)
    mean_r, mean_m, cross = (shifted(part, skip) for part in rolling_comoments(returns, moves, formed))
    _, _, squares_r = (shifted(part, skip) for part in rolling_comoments(returns, returns, formed))
    _, _, squares_m = (shifted(part, skip) for part in rolling_comoments(moves, moves, formed))
    squares = squares_r - 2 * slope * cross + slope**2 * squares_m  # of the residuals about their mean
    noise = np.where(squares > 1e-12 * squares_r, np.sqrt(np.maximum(squares, 0.0) / (formed - 1)), np.nan)
    values = formed * (mean_r - alpha - slope * mean_m) / noise
    return labelled(panel, values, f"residual_momentum_{lookback}_{skip}")


def _pairs(panel: "xr.Dataset", market: "xr.DataArray | None") -> tuple[np.ndarray, np.ndarray]:
    """Simple returns of the assets and, repeated for each of them, of the market; both (dates, assets)."""
    returns = simple_returns(closes(panel))
    moves = market_return(panel) if market is None else market
    if moves.dims != ("date",) or not moves.indexes["date"].equals(panel.indexes["date"]):
        raise ValueError(f"market with dims {moves.dims} of {moves.size}: give one return for each date of the panel")
    return returns, np.repeat(moves.to_numpy().astype(np.float64)[:, None], returns.shape[1], axis=1)


def _market_model(returns: np.ndarray, moves: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Intercepts and slopes (dates, assets) of the least-squares lines through each window."""
    from dlcore.features.comoments import rolling_comoments

    mean_r, mean_m, cross = rolling_comoments(returns, moves, window)
    _, _, squares = rolling_comoments(moves, moves, window)
    slope = cross / np.where(squares > 0, squares, np.nan)
    return mean_r - slope * mean_m, slope
