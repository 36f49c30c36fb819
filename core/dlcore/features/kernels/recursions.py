"""Recursions: each carries a state from date to date, counts its run without NaN, and starts anew after one.

Every exponential average here is one rule, state += weight · (value − state), with weight 1/k for the k-th value of
the run up to the window's length and `alpha` from then on. Its value at the window's length is thus the plain mean:
the seed of Wilder and of TA-Lib, without a branch. Before that it is kept to itself, as NaN.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _count(run, row):
    for i in range(run.size):
        run[i] = run[i] + 1 if row[i] == row[i] else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth(state, row, run, late, window, alpha):
    """One step; `late` is by how many rows the averaged series begins after the run."""
    for i in range(state.size):
        k = run[i] - late
        weight = 1 / k if k <= window else alpha
        state[i] = state[i] + weight * (row[i] - state[i]) if k > 1 else row[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _show(out, state, run, needed):
    for i in range(out.size):
        out[i] = state[i] if run[i] >= needed else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _subtract(out, left, right):
    for i in range(out.size):
        out[i] = left[i] - right[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _rise(out, newer, older):
    for i in range(out.size):
        change = newer[i] - older[i]
        out[i] = 0.0 if change <= 0 else change  # NaN stays NaN


@njit(cache=True, nogil=True, error_model="numpy")
def _share(out, gain, loss, run, needed):
    for i in range(out.size):
        out[i] = 100 * (gain[i] / (gain[i] + loss[i])) if run[i] >= needed else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _true_range(out, high, low, close, before):
    for i in range(out.size):
        top = high[i] if high[i] > before[i] else before[i]
        bottom = low[i] if low[i] < before[i] else before[i]
        out[i] = top - bottom + (close[i] - close[i])  # NaN where any price is


@njit(cache=True, nogil=True, error_model="numpy")
def ema(values, window, alpha):
    """Exponential average (dates, assets), seeded with the mean of the first `window` values of each run."""
    out, run, state = np.empty_like(values), np.zeros(values.shape[1]), np.empty(values.shape[1])
    for t in range(len(values)):
        _count(run, values[t])
        _smooth(state, values[t], run, 0, window, alpha)
        _show(out[t], state, run, window)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def macd(close, fast, slow, signal):
    """Line and signal (dates, assets); both averages are seeded on the `slow`-th close of the run, as in TA-Lib."""
    line, smoothed = np.empty_like(close), np.empty_like(close)
    assets = close.shape[1]
    run, quick, lazy = np.zeros(assets), np.empty(assets), np.empty(assets)
    gap, state = np.empty(assets), np.empty(assets)
    for t in range(len(close)):
        _count(run, close[t])
        _smooth(quick, close[t], run, slow - fast, fast, 2 / (fast + 1))
        _smooth(lazy, close[t], run, 0, slow, 2 / (slow + 1))
        _subtract(gap, quick, lazy)
        _smooth(state, gap, run, slow - 1, signal, 2 / (signal + 1))
        _show(line[t], gap, run, slow)
        _show(smoothed[t], state, run, slow + signal - 1)
    return line, smoothed


@njit(cache=True, nogil=True, error_model="numpy")
def rsi(close, window):
    """Wilder's relative strength index (dates, assets), 0 to 100."""
    out, assets = np.empty_like(close), close.shape[1]
    run, gain, loss, move = np.zeros(assets), np.empty(assets), np.empty(assets), np.empty(assets)
    for t in range(len(close)):
        _count(run, close[t])
        before = close[t - 1] if t > 0 else close[t]  # on the first row nothing is shown yet
        _rise(move, close[t], before)
        _smooth(gain, move, run, 1, window, 1 / window)
        _rise(move, before, close[t])
        _smooth(loss, move, run, 1, window, 1 / window)
        _share(out[t], gain, loss, run, window + 1)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def atr(high, low, close, window):
    """Wilder's average true range (dates, assets); a bar that lacks one of its prices ends the run."""
    out, assets = np.empty_like(close), close.shape[1]
    run, state, spread = np.zeros(assets), np.empty(assets), np.empty(assets)
    nothing = np.full(assets, np.nan)
    for t in range(len(close)):
        _true_range(spread, high[t], low[t], close[t], close[t - 1] if t > 0 else nothing)
        _count(run, spread)  # a run of true ranges begins one bar after one of bars
        _smooth(state, spread, run, 0, window, 1 / window)
        _show(out[t], state, run, window)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def decay(values, weight, seed):
    """state = (1 − weight) · state + weight · value (dates, assets), from `seed` before the first value of each run."""
    out, state = np.empty_like(values), np.full(values.shape[1], seed)
    for t in range(len(values)):
        for i in range(state.size):
            known = values[t, i] == values[t, i]
            state[i] = state[i] + weight * (values[t, i] - state[i]) if known else seed
            out[t, i] = state[i] if known else np.nan
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def obv(close, volume):
    """Volume (dates, assets) added on rises and taken away on falls; each run begins with its first volume."""
    out = np.empty_like(close)
    for t in range(len(close)):
        for i in range(close.shape[1]):
            before = out[t - 1, i] if t > 0 else np.nan
            move = close[t, i] - (close[t - 1, i] if t > 0 else close[t, i])
            flow = volume[t, i] * ((move > 0) - (move < 0))
            started = before == before
            known = close[t, i] == close[t, i] and volume[t, i] == volume[t, i]
            out[t, i] = (before + flow if started else volume[t, i]) if known else np.nan
    return out
