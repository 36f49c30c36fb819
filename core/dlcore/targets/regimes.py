"""Whether the coming sessions are calm or turbulent for a stock, measured against its own past.

In comes a Panel, out come Labels with three classes. The thresholds at t are quantiles of what was realised up to t:
terciles of the whole sample would know at the start how wild the end became.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.targets.trades import find_trades, label_dataset
from dlcore.targets.volatility import squared_moves

if TYPE_CHECKING:
    import xarray as xr


def volatility_regime(
    panel: "xr.Dataset",
    horizon: int = 5,
    entry: str = "next_open",
    *,
    lookback: int = 252,
    universe: "xr.DataArray | None" = None,
) -> "xr.Dataset":
    """Tercile of the realised volatility from the next session on, among the stock's own of the last year.

    Realised variance is the mean per session of the squared log returns between the fills' prices (open to open, or
    close to close) inside the interval; a return across a gap counts where trading resumes.

    Parameters
    ----------
    panel, horizon, entry, universe
        As in `forward_return`. A delisted stock moves no more: its remaining sessions count as zero.
    lookback : int
        Sessions of the past that give the thresholds, ≥ 2: the terciles of the realised variance of the `horizon`
        sessions up to each of t, t-1, …; these prices, before `start`, are all known at t.

    Returns
    -------
    Dataset (date, asset)
        As `forward_return`; `value` is -1 below the lower tercile, +1 above the upper one, else 0. NaN also where fewer
        than half of the `lookback` sessions have a past to compare with. attrs have `lookback` too.

    Raises
    ------
    ValueError
        For a lookback below 2, and as `forward_return`.
    """
    import pandas as pd

    if lookback < 2:
        raise ValueError(f"lookback={lookback} is not allowed: give an integer ≥ 2")
    trades = find_trades(panel, horizon, entry, universe=universe, delisting_return=0.0)
    moved = squared_moves(trades.price).cumsum(axis=0)  # (T, N): variance realised since the first row
    past = np.full_like(moved, np.nan)
    past[horizon:] = (moved[horizon:] - moved[:-horizon]) / horizon
    past[horizon:][np.isnan(trades.price[horizon:]) | np.isnan(trades.price[:-horizon])] = np.nan
    rolling = pd.DataFrame(past).rolling(lookback, min_periods=(lookback + 1) // 2)
    low, high = (rolling.quantile(share).to_numpy() for share in (1 / 3, 2 / 3))

    last = len(moved) - 1
    start = np.arange(1, last + 2)[:, None]
    realised = np.take_along_axis(moved, np.minimum(trades.exit, last), axis=0) - moved[np.minimum(start[:, 0], last)]
    realised = realised / np.maximum(trades.exit - start, 1)
    value = np.where(np.isnan(low), np.nan, (realised > high).astype(np.float64) - (realised < low))
    attrs = {"label": "volatility_regime", "horizon": horizon, "entry": entry, "lookback": lookback}
    return label_dataset(panel, trades, value, attrs)
