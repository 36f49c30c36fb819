"""Rolling windows, each computed from its own values alone: nothing is added and later taken away.

A running sum remembers every price that ever passed through it in its rounding; a direct one forgets a spike on the
day it leaves, and a NaN as well.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _add(total, row):
    for i in range(total.size):
        total[i] += row[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _add_difference(total, row, anchor, weight):
    for i in range(total.size):
        total[i] += weight * (row[i] - anchor[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _add_powers(total, squares, row, other, anchor):
    for i in range(total.size):  # two rows at a time: with three, the compiler no longer proves that none overlap
        one, two = row[i] - anchor[i], other[i] - anchor[i]
        total[i] += one + two
        squares[i] += one * one + two * two


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
    out = np.empty_like(values)
    out[: window - 1] = np.nan
    for t in range(window - 1, len(values)):
        out[t] = values[t - window + 1]
        for past in range(t - window + 2, t + 1):
            _add(out[t], values[past])
        _multiply(out[t], 1 / window)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _close_moments(shift, variance, window):
    for i in range(shift.size):
        shift[i] /= window
        variance[i] = variance[i] / window - shift[i] * shift[i]


@njit(cache=True, nogil=True, error_model="numpy")
def rolling_moments(values, window):
    """Mean less the newest value, and variance (ddof 0); both exactly 0 where a window is constant.

    Powers are taken of the distance to the newest value. That is one of the window, so at most √n standard deviations
    from its mean: what cancels is at most n + 1 times the variance, whatever the level of the values.
    """
    shift, variance = np.empty_like(values), np.empty_like(values)
    shift[: window - 1] = np.nan
    variance[: window - 1] = np.nan
    for t in range(window - 1, len(values)):
        shift[t] = values[t] - values[t]  # 0, or NaN
        variance[t] = shift[t]
        for past in range(t - window + 1, t, 2):  # where one is left over, today's distance of 0 is its partner
            _add_powers(shift[t], variance[t], values[past], values[past + 1], values[t])
        _close_moments(shift[t], variance[t], window)
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
