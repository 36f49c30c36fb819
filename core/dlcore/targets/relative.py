"""What a stock earns beyond its market: the label of a ranking, not of a bet on the market.

In comes a Panel, out come Labels. The market is the panel's `benchmark`, or where it has none the equally weighted
universe, bought and held from the same fill; the label's attrs say which.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.targets.trades import Trades, find_trades, label_dataset

if TYPE_CHECKING:
    import xarray as xr


def excess_return(
    panel: "xr.Dataset",
    horizon: int = 5,
    entry: str = "next_open",
    *,
    universe: "xr.DataArray | None" = None,
    delisting_return: float = 0.0,
) -> "xr.Dataset":
    """Forward return less the benchmark's over the same interval.

    Parameters
    ----------
    panel, horizon, entry, universe, delisting_return
        As in `forward_return`. The benchmark is ``panel["benchmark"]`` where there is one. It has one price a day, its
        close: an open is taken as the close before it, so under next_open the close of t, one session before `start`,
        is used. Otherwise it is the mean over `universe` (all assets if None) of those that were bought on the same
        session; one that does not trade at the end of the interval counts at its last close, for what becomes of it
        is not known then.

    Returns
    -------
    Dataset (date, asset)
        As `forward_return`; NaN also where the benchmark has no price. A stock that was halted is compared over its own
        longer interval; a delisted one over the planned interval, its proceeds waiting in cash. attrs have `benchmark`
        too.

    Raises
    ------
    ValueError
        As `forward_return`.
    """
    trades = find_trades(panel, horizon, entry, universe=universe, delisting_return=delisting_return)
    market, name = _market_return(panel, trades, entry)
    attrs = {"label": "excess_return", "horizon": horizon, "entry": entry, "delisting_return": delisting_return}
    return label_dataset(panel, trades, trades.gain - market, attrs | {"benchmark": name})


def alpha_score(
    panel: "xr.Dataset",
    horizon: int = 5,
    entry: str = "next_open",
    *,
    universe: "xr.DataArray | None" = None,
    delisting_return: float = 0.0,
) -> "xr.Dataset":
    """Excess return in units of the day's cross-sectional standard deviation, clipped to ±3.

    Parameters
    ----------
    panel, horizon, entry, universe, delisting_return
        As in `excess_return`.

    Returns
    -------
    Dataset (date, asset)
        As `excess_return`, dimensionless. The standard deviation (ddof 1) is of the returns from t+1 to t+1+h of all
        that were bought, marked as in `excess_return`; NaN where it is nil (below 1e-12) or fewer than two were bought.

    Raises
    ------
    ValueError
        As `forward_return`.
    """
    trades = find_trades(panel, horizon, entry, universe=universe, delisting_return=delisting_return)
    market, name = _market_return(panel, trades, entry)
    spread = _day_spread(_held(trades))  # (T, 1)
    value = np.clip((trades.gain - market) / spread, -3, 3)
    attrs = {"label": "alpha_score", "horizon": horizon, "entry": entry, "delisting_return": delisting_return}
    return label_dataset(panel, trades, value, attrs | {"benchmark": name})


def _market_return(panel: "xr.Dataset", trades: Trades, entry: str) -> tuple[np.ndarray, str]:
    """Return of the market over the interval of each trade, (dates, assets), and what the market is."""
    if "benchmark" not in panel:
        return _universe_return(trades), "mean of the universe"
    level = panel["benchmark"].to_numpy()
    back = 1 if entry == "next_open" else 0  # the close before an open
    rows = np.arange(len(level))[:, None] + 1
    start, end = (level[np.minimum(row - back, len(level) - 1)] for row in (rows, trades.exit))
    return end / start - 1, "panel['benchmark']" + (", opens taken as the closes before" if back else "")


def _universe_return(trades: Trades) -> np.ndarray:
    """Mean return of what was bought, over the interval of each trade, (dates, assets)."""
    planned = _day_mean(_held(trades))  # (T, 1)
    market = np.repeat(planned, trades.gain.shape[1], axis=1)
    rows = np.arange(len(market))[:, None] + trades.due
    longer = trades.done & (trades.exit != rows)
    pairs = np.stack([np.nonzero(longer)[0], trades.exit[longer]], axis=1)
    each, place = np.unique(pairs, axis=0, return_inverse=True)
    means = [np.mean((trades.mark[end] / trades.price[t + 1] - 1)[trades.member[t]]) for t, end in each]
    market[longer] = np.array(means, dtype=np.float64)[place]
    return market


def _held(trades: Trades) -> np.ndarray:
    """Return from t+1 to the planned exit of what was bought, marked where it did not trade; NaN for the rest."""
    held = np.full_like(trades.price, np.nan)
    count = max(len(held) - trades.due, 0)
    held[:count] = trades.mark[trades.due :] / trades.price[1 : count + 1] - 1
    return np.where(trades.member, held, np.nan)


def _day_mean(values: np.ndarray) -> np.ndarray:
    """Mean of what is known in each row, (dates, 1); NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(count, 1), np.nan)


def _day_spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation (ddof 1) of what is known in each row, (dates, 1); NaN where it is nil or not defined."""
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    squares = np.where(known, (values - _day_mean(values)) ** 2, 0.0).sum(axis=1, keepdims=True)
    spread = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where(spread > 1e-12, spread, np.nan)  # equal returns differ by rounding
