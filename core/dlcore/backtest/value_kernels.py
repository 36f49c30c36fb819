"""The vectorized engine's accounting: money per asset that grows by returns; compiled.

A session runs: grow what is held to the fill, trade, grow to the close, close what was delisted, value. Dates are the
outer loop. Where an asset does not trade, its order lapses and its value stands still.
"""

import numpy as np
from numba import njit

from dlcore.backtest.fees import DUST, fee

DELISTED = 5  # place of "delisting" in result.REASONS: a constant, so that the kernels can be cached


@njit(cache=True, nogil=True, error_model="numpy")
def step(fill, close, mark, overnight, growth):
    """One row: last close to fill, NaN where no order can be filled; last close to close, 1 without; moves the mark."""
    for i in range(len(mark)):
        last, before = close[i], mark[i]
        traded = last == last
        known = traded & (before == before)
        growth[i] = last / before if known else 1.0
        overnight[i] = fill[i] / before if known else np.nan
        mark[i] = last if traded else before


@njit(cache=True, nogil=True, error_model="numpy")
def steps(fill, close, overnight, growth, marks):
    """`step` for every session, and the last close seen (dates, assets)."""
    mark = np.full(close.shape[1], np.nan)
    for t in range(len(close)):
        step(fill[t], close[t], mark, overnight[t], growth[t])
        marks[t] = mark


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"})
def settle(wanted, base, fill, overnight, growth, drag, terms, held, traded, fees):
    """A session with orders, from marks to fills to closes: signed and absolute value traded, and its costs.

    Every array is one row (assets,); `wanted` × `base` is aimed at, `traded` (signed, at the fill) and `fees` written.
    """
    for i in range(len(held)):
        aim = wanted[i] * base
        change = aim - held[i]
        trades = (abs(change) > DUST * base) & (overnight[i] == overnight[i])
        traded[i] = change * overnight[i] if trades else 0.0
        held[i] = (aim if trades else held[i]) * growth[i]
    net, gross, costs = 0.0, 0.0, 0.0
    for i in range(len(held)):
        fees[i] = fee(traded[i], fill[i], terms, drag[i]) if traded[i] != 0 else 0.0
        net += traded[i]
        gross += abs(traded[i])
        costs += fees[i]
    return net, gross, costs


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"})
def run_values(
    wanted, rows, fill, overnight, growth, drag, terms, gone, capital, fixed, delisting, nav, cash, costs, turnover
):
    """Net asset value, cash, costs and turnover (dates,) are written; returns the session of ruin, or -1."""
    dates, assets = fill.shape
    held, traded, fees = np.zeros(assets), np.zeros(assets), np.zeros(assets)
    leavers, next_leaver = np.argsort(gone), 0
    money, worth = capital, capital
    for t in range(dates):
        costs[t], turnover[t] = 0.0, 0.0
        if t > 0 and rows[t - 1] >= 0:
            row, base, friction = wanted[rows[t - 1]], capital if fixed else worth, drag[t % len(drag)]
            net, gross, costs[t] = settle(
                row, base, fill[t], overnight[t], growth[t], friction, terms, held, traded, fees
            )
            money -= net + costs[t]
            turnover[t] = gross / worth
        else:
            held *= growth[t]
        while next_leaver < assets and gone[leavers[next_leaver]] <= t:
            money += held[leavers[next_leaver]] * (1 + delisting)
            held[leavers[next_leaver]] = 0.0
            next_leaver += 1
        worth = money
        for i in range(assets):
            worth += held[i]
        nav[t], cash[t] = worth, money
        if worth <= 0:
            return t
    return -1


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"})
def record_values(
    wanted, rows, fill, close, drag, terms, gone, capital, fixed, delisting, nav, cash, positions, trades
):
    """As `run_values`, in one pass over the prices; writes shares held and value traded (dates, assets) too."""
    dates, assets = fill.shape
    held, fees, mark = np.zeros(assets), np.zeros(assets), np.full(assets, np.nan)
    overnight, growth = np.empty(assets), np.empty(assets)
    leavers, next_leaver = np.argsort(gone), 0
    money, worth = capital, capital
    for t in range(dates):
        step(fill[t], close[t], mark, overnight, growth)
        if t > 0 and rows[t - 1] >= 0:
            row, base, friction = wanted[rows[t - 1]], capital if fixed else worth, drag[t % len(drag)]
            overnight += 0.0 * friction  # nothing is filled where friction is unknown
            net, _, costs = settle(row, base, fill[t], overnight, growth, friction, terms, held, trades[t], fees)
            money -= net + costs
        else:
            held *= growth
            trades[t] = 0.0
        while next_leaver < assets and gone[leavers[next_leaver]] <= t:
            money += held[leavers[next_leaver]] * (1 + delisting)
            held[leavers[next_leaver]] = 0.0
            next_leaver += 1
        worth = money
        for i in range(assets):
            worth += held[i]
            positions[t, i] = held[i] / mark[i] if held[i] != 0 else 0.0
        nav[t], cash[t] = worth, money
        if worth <= 0:
            return t
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def write_ledger(trades, positions, fill, marks, drag, terms, gone, delisting, ledger):
    """What `record_values` recorded, as fills; returns their number."""
    dates, assets = fill.shape
    count = 0
    for t in range(1, dates):
        for i in range(assets):
            if trades[t, i] != 0:
                quantity, price, reason = trades[t, i] / fill[t, i], fill[t, i], 0
                cost = fee(trades[t, i], price, terms, drag[t % len(drag), i])
            elif gone[i] == t and positions[t - 1, i] != 0:
                quantity, price, reason = -positions[t - 1, i], marks[t, i] * (1 + delisting), DELISTED
                cost = 0.0
            else:
                continue
            line = ledger[count]
            line.row, line.column, line.reason = t, i, reason
            line.quantity, line.price, line.cost = quantity, price, cost
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def replay_values(ledger, growth, marks, drag, terms, capital, nav):
    """Net asset value (dates,) of given fills in this accounting: money grows by returns, nothing is decided."""
    dates, assets = growth.shape
    held = np.zeros(assets)
    money, k = capital, 0
    for t in range(dates):
        held *= growth[t]
        while k < len(ledger) and ledger[k].row == t:
            line = ledger[k]
            value = line.quantity * line.price
            money -= value
            if line.reason != DELISTED:
                money -= fee(value, line.price, terms, drag[t % len(drag), line.column])
            held[line.column] += line.quantity * marks[t, line.column]
            k += 1
        nav[t] = money + held.sum()
