"""Means and co-moments of moving windows, compiled: float64 arrays `(dates, assets)` in, the same shape out.

Dates are cut into blocks as long as the window, so that each window is the end of one block and the beginning of the
next: both are built by adding one date at a time (Welford) and joined (Chan, Golub and LeVeque 1983). Nothing is ever
subtracted, hence no drift, full recovery after a spike, and NaN in exactly the windows that hold one.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def rolling_comoments(x, y, window):
    """Mean of x, mean of y and Σ (x - mean)(y - mean) over each window of dates; NaN before the first full one."""
    dates, assets = x.shape
    moments = np.full((3, dates, assets), np.nan)
    mean_x, mean_y, comoment = moments[0], moments[1], moments[2]
    ends = np.zeros((window + 1, 3, assets))  # row i: over the dates i … of the block before; row `window`: none
    running = np.zeros((3, assets))  # over the dates of this block so far
    for start in range(0, dates, window):
        stop = min(start + window, dates)
        running[:] = 0.0
        for t in range(start, stop):
            seen = t - start + 1
            _add(running, x[t], y[t], seen)
            if start > 0 or seen == window:
                _join(ends[seen], window - seen, running, seen, mean_x[t], mean_y[t], comoment[t])
        if stop - start == window:
            for i in range(window - 1, -1, -1):
                ends[i] = ends[i + 1]
                _add(ends[i], x[start + i], y[start + i], window - i)
    return mean_x, mean_y, comoment


@njit(cache=True, nogil=True)
def _add(moments, x, y, seen):
    """Moments (3, assets) take in one more date, the `seen`-th."""
    for i in range(x.size):
        off = x[i] - moments[0, i]
        moments[0, i] += off / seen
        moments[1, i] += (y[i] - moments[1, i]) / seen
        moments[2, i] += off * (y[i] - moments[1, i])


@njit(cache=True, nogil=True)
def _join(early, n_early, late, n_late, mean_x, mean_y, comoment):
    """Moments of two stretches of dates as those of one."""
    share = n_late / (n_early + n_late)
    for i in range(mean_x.size):
        off_x, off_y = late[0, i] - early[0, i], late[1, i] - early[1, i]
        mean_x[i] = early[0, i] + off_x * share
        mean_y[i] = early[1, i] + off_y * share
        comoment[i] = early[2, i] + late[2, i] + off_x * off_y * n_early * share
