"""The trade behind each label: bought on the session after the decision, sold `horizon` sessions later.

In comes a Panel; out come, for every decision date and asset, the rows of entry, exit and knowledge and the return
between the fills. Halts, delistings and the end of the panel are told apart here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.targets.masks import mask_values

if TYPE_CHECKING:
    import xarray as xr

CLOCKS = {"next_open": "open", "next_close": "close"}

#: Sessions without a trade, to the end of the panel, after which a stock counts as delisted. The longest gap in five
#: years of 505 stocks was 10 sessions; and a stock that merely lacks the newest rows must not be written off.
DELISTED_AFTER = 20


@dataclass(frozen=True)
class Trades:
    """One trade per decision date t and asset; arrays (dates, assets), rows are positions of sessions in the panel.

    Attributes
    ----------
    price : array
        The panel's price at which orders fill: opens or closes, NaN is "did not trade".
    mark : array
        What a position is worth at that hour: `price`, or the last close so far where the stock does not trade.
    member : array of bool
        Inside the universe on the decision date, and bought on the session of the fill.
    done : array of bool
        `member`, and the sale is known; elsewhere the rows below mean nothing.
    due : int
        Sessions from t to the planned exit: `horizon` and the wait before the fill.
    exit : array of int
        Where the interval of the return ends: the planned session, or the first after it with a trade.
    known : array of int
        Row at whose close all of it is known: `exit`, or for a delisted stock the row that made it one.
    gain : array
        Simple return of the trade, NaN where not `done`.
    """

    price: np.ndarray
    mark: np.ndarray
    member: np.ndarray
    done: np.ndarray
    due: int
    exit: np.ndarray
    known: np.ndarray
    gain: np.ndarray


def find_trades(
    panel: "xr.Dataset",
    horizon: int,
    entry: str,
    *,
    universe: "xr.DataArray | None",
    delisting_return: float,
    wait: int = 1,
) -> Trades:
    """Follow every order from its fill to its end.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel; `close`, and `open` for next_open.
    horizon, entry, universe, delisting_return
        As in `forward_return`.
    wait : int
        Sessions from the decision to the fill. With 0 nobody trades: the interval begins at the price of t itself, and
        serves labels of risk.

    Returns
    -------
    Trades
        One for each date and asset.

    Raises
    ------
    ValueError, TypeError
        As `forward_return`.
    """
    from dlcore.markets.panel import check_panel

    check_panel(panel)
    _check_terms(panel, horizon, entry, delisting_return)
    price, close = (panel[name].transpose("date", "asset").to_numpy() for name in (CLOCKS[entry], "close"))
    seen = np.where(np.isfinite(close), close, price)
    last = last_row(seen)  # (T, N): latest row with a trade so far, -1 before the first
    mark = np.where(np.isfinite(price), price, np.take_along_axis(seen, np.maximum(last, 0), axis=0))

    due = horizon + wait
    bought = _ahead(price, wait, np.nan)  # (T, N): what is paid on session t+wait
    member = np.isfinite(bought)
    if universe is not None:
        member &= mask_values(universe, panel.indexes["date"], panel.indexes["asset"], "universe")

    length = len(price)
    leave = _ahead(_next_row(price), due, length)
    sold = member & (leave < length)
    gone_at = last[-1] + DELISTED_AFTER  # (N,)
    planned = np.arange(length)[:, None] + due
    gone = member & ~sold & (planned < length) & (gone_at < length)
    paid = np.take_along_axis(price, np.minimum(leave, length - 1), axis=0)
    paid = np.where(gone, mark[-1] * (1 + delisting_return), paid)
    return Trades(
        price=price,
        mark=mark,
        member=member,
        done=sold | gone,
        due=due,
        exit=np.where(gone, planned, leave),
        known=np.where(gone, np.maximum(planned, gone_at), leave),
        gain=np.where(sold | gone, paid / bought - 1, np.nan),
    )


def label_dataset(panel: "xr.Dataset", trades: Trades, value: np.ndarray, attrs: "Mapping[str, Any]") -> "xr.Dataset":
    """Give values their intervals and names.

    Parameters
    ----------
    panel : Dataset (date, asset)
        Gives the axes.
    trades : Trades
        Give the intervals.
    value : array (dates, assets)
        NaN where there is no label, also where `trades` would have one.
    attrs : mapping
        What the label is.

    Returns
    -------
    Dataset (date, asset)
        `value` float64, `start` and `end` datetime64[ns], NaT where the value is NaN.
    """
    import xarray as xr

    dates = panel.indexes["date"].to_numpy("datetime64[ns]")
    value = np.where(trades.done, value, np.nan)
    last = len(dates) - 1
    rows = np.broadcast_to(np.arange(1, last + 2)[:, None], value.shape)  # t+1
    start, end = (
        np.where(np.isfinite(value), dates[np.minimum(row, last)], np.datetime64("NaT")) for row in (rows, trades.known)
    )
    variables = {"value": value, "start": start, "end": end}
    fields = {name: (("date", "asset"), field) for name, field in variables.items()}
    words = {"delisted_after": DELISTED_AFTER} | {name: panel.attrs[name] for name in ("source", "calendar")}
    return xr.Dataset(fields, panel.coords, {**attrs, **words})


def _check_terms(panel: "xr.Dataset", horizon: int, entry: str, delisting_return: float) -> None:
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise ValueError(f"horizon={horizon!r} is not allowed: give a number of sessions, an integer ≥ 1")
    if entry not in CLOCKS:
        raise ValueError(f"entry={entry!r} is not allowed: give 'next_open' or 'next_close'")
    if CLOCKS[entry] not in panel:
        raise ValueError("entry='next_open' is not allowed: this panel has no opens: give entry=\"next_close\"")
    if not -1 <= delisting_return < np.inf:
        raise ValueError(f"delisting_return={delisting_return} is not allowed: give a simple return ≥ -1")


def _ahead(values: np.ndarray, sessions: int, fill: float) -> np.ndarray:
    """What each row holds `sessions` rows later, `fill` where there is no such row."""
    moved = np.full_like(values, fill)
    moved[: max(len(values) - sessions, 0)] = values[sessions:]
    return moved


def last_row(values: np.ndarray) -> np.ndarray:
    """Latest row so far that is not NaN, -1 before the first."""
    rows = np.where(np.isfinite(values), np.arange(len(values))[:, None], -1)
    return np.maximum.accumulate(rows, axis=0)


def _next_row(values: np.ndarray) -> np.ndarray:
    """First row from here on that is not NaN, the number of rows where there is none."""
    rows = np.where(np.isfinite(values), np.arange(len(values))[:, None], len(values))
    return np.minimum.accumulate(rows[::-1], axis=0)[::-1]
