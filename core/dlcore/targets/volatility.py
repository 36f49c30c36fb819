"""How much a stock will move: the variance that is realised from tomorrow on, in which direction does not matter.

In comes a Panel, out come Labels. Nobody trades on them as they stand, so their interval begins at the close of the
decision date itself: what a forecast of risk made at that close is held to.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.targets.trades import find_trades, label_dataset, last_row

if TYPE_CHECKING:
    import xarray as xr


def forward_variance(panel: "xr.Dataset", horizon: int = 5, *, universe: "xr.DataArray | None" = None) -> "xr.Dataset":
    """Realised variance of the coming sessions: the sum of their squared log returns from close to close.

    ``Σ_{k=1…h} log²(close(t+k) / close(t+k-1))``, the variance of `horizon` sessions together (fraction squared, not
    annualised), as `ewma_variance` and its like in `dlcore.risk` forecast it.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel; it is not changed.
    horizon : int
        Sessions, ≥ 1.
    universe : DataArray of bool (date, asset), optional
        No label where it is False on the decision date.

    Returns
    -------
    Dataset (date, asset)
        `value` float64, ≥ 0; `start`, the session after the decision; `end`, the session at whose close the label is
        known. NaN and NaT where the stock did not trade at t, and where the end lies beyond the panel. A session
        without a trade adds nothing; the return across a gap counts on the session on which trading resumes, and where
        that is after t+h the label waits for it. A delisted stock (see `forward_return`) moves no more.
        attrs: `label`, `horizon`, `delisted_after`, `source`, `calendar`.

    Raises
    ------
    ValueError
        For a horizon or universe that is not allowed, and where `check_panel` refuses the panel.

    References
    ----------
    Andersen & Bollerslev, "Answering the skeptics: yes, standard volatility models do provide accurate forecasts",
    *International Economic Review* 39 (1998).
    """
    trades = find_trades(panel, horizon, "next_close", universe=universe, delisting_return=0.0, wait=0)
    moved = squared_moves(trades.price).cumsum(axis=0)  # (T, N): variance realised since the first row
    until = np.take_along_axis(moved, np.minimum(trades.exit, len(moved) - 1), axis=0)
    return label_dataset(panel, trades, until - moved, {"label": "forward_variance", "horizon": horizon})


def squared_moves(price: np.ndarray) -> np.ndarray:
    """Squared log return since the trade before, (dates, assets); zero where there is none."""
    traded = np.log(price)
    before = np.full_like(traded, np.nan)
    before[1:] = np.take_along_axis(traded, np.maximum(last_row(traded), 0), axis=0)[:-1]
    return np.nan_to_num((traded - before) ** 2)
