"""Rolling windows, each computed from its own values alone: nothing is added and later taken away.

A running sum remembers every price that ever passed through it in its rounding; these forget a spike on the day it
leaves, and a NaN as well. Sums cost the same for any window: dates are cut into blocks as long as it, so that each
window is the end of one block and the beginning of the next, and both are built by adding one date at a time.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _copy(out, row):
    for i in range(out.size):  # numba's own assignment looks for overlaps first
        out[i] = row[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _add(out, left, right):
    for i in range(out.size):
        out[i] = left[i] + right[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _add_difference(total, row, anchor, weight):
    for i in range(total.size):
        total[i] += weight * (row[i] - anchor[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _add_powers(total, squares, row, anchor):
    for i in range(total.size):
        off = row[i] - anchor[i]
        total[i] += off
        squares[i] += off * off


@njit(cache=True, nogil=True, error_model="numpy")
def _multiply(row, factor):
    for i in range(row.size):
        row[i] *= factor


@njit(cache=True, nogil=True, error_model="numpy")
def _raise(top, row):
    for i in range(top.size):
        top[i] = top[i] if top[i] > row[i] or top[i] != top[i] else row[i]  # a NaN on either side stays


@njit(cache=True, nogil=True, error_model="numpy")
def _lower(bottom, row):
    for i in range(bottom.size):
        bottom[i] = bottom[i] if bottom[i] < row[i] or bottom[i] != bottom[i] else row[i]


@njit(cache=True, nogil=True, error_model="numpy")
def rolling_mean(values, window):
    """Mean (dates, assets) of the last `window` rows."""
    dates, assets = values.shape
    out = np.empty_like(values)
    out[: window - 1] = np.nan
    ends = np.zeros((window + 1, assets))  # row i: sum of the dates i … of the block before; row `window`: none
    beginning = np.empty(assets)  # sum of the dates of this block so far
    for start in range(0, dates, window):
        stop = min(start + window, dates)
        beginning[:] = 0.0
        for t in range(start, stop):
            _add(beginning, beginning, values[t])
            if t >= window - 1:
                _add(out[t], ends[t - start + 1], beginning)
                _multiply(out[t], 1 / window)
        for i in range(stop - start - 1, -1, -1):
            _add(ends[i], ends[i + 1], values[start + i])
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _close_moments(shift, variance, anchor, newest, window):
    for i in range(shift.size):
        mean = shift[i] / window
        shift[i] = mean + (anchor[i] - newest[i])
        variance[i] = variance[i] / window - mean * mean


@njit(cache=True, nogil=True, error_model="numpy")
def rolling_moments(values, window):
    """Mean less the newest value, and variance (ddof 0); both exactly 0 where a window is constant.

    Powers are taken of the distance to the first value of the block. Every window that ends in the block holds it, so
    it is at most √n standard deviations from the mean: what cancels is at most n + 1 times the variance, whatever the
    level of the values, and a NaN there is one in all of these windows.
    """
    dates, assets = values.shape
    shift, variance = np.empty_like(values), np.empty_like(values)
    shift[: window - 1] = np.nan
    variance[: window - 1] = np.nan
    ends, end_squares = np.zeros((window, assets)), np.zeros((window, assets))  # row i: of the i dates before the block
    beginning, squares = np.empty(assets), np.empty(assets)  # of the dates of this block so far
    for start in range(0, dates, window):
        anchor = values[start]
        for i in range(1, min(window, start + 1)):
            _copy(ends[i], ends[i - 1])
            _copy(end_squares[i], end_squares[i - 1])
            _add_powers(ends[i], end_squares[i], values[start - i], anchor)
        beginning[:] = 0.0
        squares[:] = 0.0
        for t in range(start, min(start + window, dates)):
            _add_powers(beginning, squares, values[t], anchor)
            if t >= window - 1:
                older = window - 1 - (t - start)
                _add(shift[t], ends[older], beginning)
                _add(variance[t], end_squares[older], squares)
                _close_moments(shift[t], variance[t], anchor, values[t], window)
    return shift, variance


@njit(cache=True, nogil=True)
def rolling_max(values, window):
    """Largest (dates, assets) of the last `window` rows: of 2, of 4, of 8 …, and at last of two spans that overlap."""
    out, span = values.copy(), 1
    while span < window:
        step = min(span, window - span)
        for t in range(len(values) - 1, step - 1, -1):
            _raise(out[t], out[t - step])
        span += step
    out[: window - 1] = np.nan
    return out


@njit(cache=True, nogil=True)
def rolling_min(values, window):
    """Smallest (dates, assets) of the last `window` rows, as `rolling_max`."""
    out, span = values.copy(), 1
    while span < window:
        step = min(span, window - span)
        for t in range(len(values) - 1, step - 1, -1):
            _lower(out[t], out[t - step])
        span += step
    out[: window - 1] = np.nan
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def rolling_slope(values, regressor, window):
    """Least-squares slope (dates, assets) of the last `window` rows on those of a regressor (dates,)."""
    out = np.empty_like(values)
    out[: window - 1] = np.nan
    for t in range(window - 1, len(values)):
        centred = regressor[t - window + 1 : t + 1] - regressor[t]  # exactly 0 where the regressor is constant
        centred -= centred.mean()
        spread = (centred**2).sum()
        out[t] = 0
        for k in range(window):  # Σ centred = 0: any anchor may be taken from the values
            _add_difference(out[t], values[t - window + 1 + k], values[t], centred[k] / spread)
    return out


@njit(cache=True, nogil=True)
def lagged(values, lag):
    """The value `lag` rows ago (dates, assets), NaN unless every row from then until now is known."""
    out = np.empty_like(values)
    run = np.zeros(values.shape[1])
    for t in range(len(values)):
        for i in range(run.size):
            run[i] = run[i] + 1 if values[t, i] == values[t, i] else 0.0
        if t < lag:
            out[t] = np.nan
            continue
        for i in range(run.size):
            out[t, i] = values[t - lag, i] if run[i] > lag else np.nan
    return out
