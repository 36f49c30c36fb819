"""The event-driven engine's accounting: shares and cash, session by session; compiled.

A session runs in time: with entry at the open orders, then stops within the bar; with entry at the close stops, then
orders; then what was delisted becomes cash, positions are marked, and the next orders are decided. An asset that does
not trade has no events.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from dlcore.backtest.fees import DUST, fee

ORDER, STOP, TARGET, TRAILING, TIME, DELISTING = range(6)  # places in result.REASONS

#: State of one asset between sessions; one record is one cache line.
STATE = np.dtype(
    [
        ("shares", "f8"),
        ("order", "f8"),  # shares still to be traded
        ("entry", "f8"),  # average price of the position
        ("best", "f8"),  # best price since entry, of the sessions before
        ("mark", "f8"),  # last close seen, NaN before the first
        ("barred", "f8"),  # +1 or -1: the side that was left by a rule and is still wanted
        ("age", "i8"),  # closes since entry
        ("reason", "i8"),  # of the order
    ]
)


class Bars(NamedTuple):
    """Prices (dates, assets); `open`, `high`, `low`, `volume` are read only where a rule needs them."""

    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    fill: np.ndarray
    volume: np.ndarray
    drag: np.ndarray  # (dates or 1, assets)
    gone: np.ndarray  # (assets,)


class Rules(NamedTuple):
    """What holds on every session."""

    entry_at_close: bool
    bars_known: bool  # whether stops look into the bar
    loss: float
    profit: float
    trailing: float
    sessions: int
    participation: float
    whole: bool
    carry: bool
    fixed: bool
    capital: float
    delisting: float
    terms: tuple[float, float, float]


@njit(cache=True, nogil=True, inline="always")
def trade(state, quantity, price, cost, reason, fill):
    """Book one fill: the position, and a line of the ledger but for its place. Returns what leaves cash."""
    before = state.shares
    after = before + quantity
    if before * after <= 0:  # opened, closed or turned round
        state.entry, state.best, state.age = price, price, 0
    elif abs(after) > abs(before):
        state.entry = (state.entry * before + price * quantity) / after
    state.shares = after
    fill.quantity, fill.price, fill.cost, fill.reason = quantity, price, cost, reason
    return quantity * price + cost


@njit(cache=True, nogil=True, inline="always")
def allowed(order, volume, rules):
    """What the session's volume allows of an order."""
    if rules.participation == np.inf:
        return order
    limit = rules.participation * volume if volume > 0 else 0.0
    limit = np.floor(limit) if rules.whole else limit
    return min(max(order, -limit), limit)


@njit(cache=True, nogil=True, inline="always")
def exit_price(side, entry, best, opened, high, low, rules):
    """Where the rules leave a position within a bar, and why; NaN where they do not. Infinite levels are never met."""
    stop = entry - side * rules.loss * entry
    trail = best - side * rules.trailing * best
    target = entry + side * rules.profit * entry
    reason, level = (TRAILING, trail) if side * (trail - stop) > 0 else (STOP, stop)
    worst, good = (low, high) if side > 0 else (high, low)
    price = np.nan
    if side * (opened - level) <= 0:
        price = opened
    elif side * (opened - target) >= 0:
        price, reason = opened, TARGET
    elif side * (worst - level) <= 0:
        price = level
    elif side * (good - target) >= 0:
        price, reason = target, TARGET
    return price, reason


@njit(cache=True, nogil=True)
def session(t, bars, rules, book, account, ledger, nav, cash, positions):
    """Orders and stops of session t, delistings, and the mark at its close; returns the number of fills.

    `book` holds a STATE for each asset, `account` cash and net asset value; `ledger` is written from its start.
    """
    opened, high, low, close, fill = bars.open[t], bars.high[t], bars.low[t], bars.close[t], bars.fill[t]
    volume, drag, gone, kept = bars.volume[t], bars.drag[t % len(bars.drag)], bars.gone, positions[t]
    money, worth, count = account[0], 0.0, 0
    for i in range(len(book)):
        state = book[i]
        if close[i] == close[i]:
            for turn in range(2):  # the order and the bar, in the order of time
                if (turn == 0) != rules.entry_at_close:
                    quantity = allowed(state.order, volume[i], rules)
                    price, known = fill[i], state.mark == state.mark and (rules.terms[2] == 0 or drag[i] == drag[i])
                    if quantity != 0 and price == price and known:
                        cost = fee(quantity * price, price, rules.terms, drag[i])
                        ledger[count].row, ledger[count].column = t, i
                        money -= trade(state, quantity, price, cost, state.reason, ledger[count])
                        state.order -= quantity
                        count += 1
                elif rules.bars_known and state.shares != 0:
                    side = 1.0 if state.shares > 0 else -1.0
                    price, reason = exit_price(side, state.entry, state.best, opened[i], high[i], low[i], rules)
                    if price == price:
                        cost = fee(state.shares * price, price, rules.terms, drag[i])
                        ledger[count].row, ledger[count].column = t, i
                        money -= trade(state, -state.shares, price, cost, reason, ledger[count])
                        state.order, state.barred = 0.0, side
                        count += 1
                    elif side > 0:
                        state.best = high[i] if high[i] > state.best else state.best
                    else:
                        state.best = low[i] if low[i] < state.best else state.best
            state.mark = close[i]
        elif gone[i] == t and state.shares != 0:
            ledger[count].row, ledger[count].column = t, i
            money -= trade(state, -state.shares, state.mark * (1 + rules.delisting), 0.0, DELISTING, ledger[count])
            count += 1
        if not rules.carry or gone[i] <= t:
            state.order = 0.0
        kept[i] = state.shares
        if state.shares != 0:
            state.age += 1
            worth += state.shares * state.mark
    account[0], account[1] = money, money + worth
    cash[t], nav[t] = account[0], account[1]
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def decide(wanted, rules, book, account):
    """Orders in shares from weights at the marks; they replace what was left of the orders before."""
    base = rules.capital if rules.fixed else account[1]
    for i in range(len(wanted)):
        state, weight = book[i], wanted[i]
        if state.barred * weight > 0:
            weight = 0.0
        else:
            state.barred = 0.0
        state.order = 0.0
        if state.mark == state.mark:
            aim = weight * base / state.mark
            order = (np.trunc(aim) if rules.whole else aim) - state.shares
            if abs(order) * state.mark > DUST * base:
                state.order, state.reason = order, ORDER


@njit(cache=True, nogil=True)
def leave_on_time(rules, book):
    """Orders to close what has stood long enough, over anything that was decided."""
    for i in range(len(book)):
        state = book[i]
        if state.shares != 0 and state.age >= rules.sessions:
            state.order, state.reason = -state.shares, TIME
            state.barred = 1.0 if state.shares > 0 else -1.0


@njit(cache=True, nogil=True)
def run_sessions(first, last, wanted, rows, bars, rules, book, account, ledger, nav, cash, positions):
    """Sessions first to last - 1 with decisions known beforehand; the session of ruin, or -1, and the fills."""
    count = 0
    for t in range(first, last):
        count += session(t, bars, rules, book, account, ledger[count:], nav, cash, positions)
        if nav[t] <= 0:
            return t, count
        if rows[t] >= 0:
            decide(wanted[rows[t]], rules, book, account)
        if rules.sessions > 0:
            leave_on_time(rules, book)
    return -1, count


@njit(cache=True, nogil=True)
def replay_shares(ledger, marks, drag, terms, capital, nav):
    """Net asset value (dates,) of given fills in this accounting: shares and cash, nothing is decided."""
    dates, assets = marks.shape
    shares = np.zeros(assets)
    money, k = capital, 0
    for t in range(dates):
        while k < len(ledger) and ledger[k].row == t:
            fill = ledger[k]
            money -= fill.quantity * fill.price
            if fill.reason != DELISTING:
                money -= fee(fill.quantity * fill.price, fill.price, terms, drag[t % len(drag), fill.column])
            shares[fill.column] += fill.quantity
            k += 1
        nav[t] = money
        for i in range(assets):
            if shares[i] != 0:
                nav[t] += shares[i] * marks[t, i]
