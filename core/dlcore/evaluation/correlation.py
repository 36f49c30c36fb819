"""Correlation along the rows of two matrices, compiled: float64 (dates, assets) in, one number for each date out."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def keep_pairs(x, y, inside):
    """Both matrices with NaN where one of them has it or the universe says no, and the pairs left in each row."""
    rows, columns = x.shape
    left, right = np.empty_like(x), np.empty_like(y)
    count = np.empty(rows, dtype=np.int64)
    for t in range(rows):
        n = 0
        for i in range(columns):
            kept = inside[t, i] and x[t, i] == x[t, i] and y[t, i] == y[t, i]
            left[t, i] = x[t, i] if kept else np.nan
            right[t, i] = y[t, i] if kept else np.nan
            n += kept
        count[t] = n
    return left, right, count


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def correlate_rows(x, y):
    """Pearson's correlation of each row, over two passes; NaN for fewer than two pairs or a constant side.

    x and y have their NaN in the same places. Deviations are divided by the spread of their row, so that no square
    overflows or vanishes; a side is constant when its smallest value is its largest, not when a rounded sum says so.
    """
    rows, columns = x.shape
    correlation = np.full(rows, np.nan)
    for t in range(rows):
        mean_x, spread_x = centre(x[t])
        mean_y, spread_y = centre(y[t])
        if not (spread_x > 0 and spread_y > 0):
            continue
        xx = yy = xy = 0.0
        for i in range(columns):
            known = x[t, i] == x[t, i]
            dx = (x[t, i] - mean_x) / spread_x if known else 0.0
            dy = (y[t, i] - mean_y) / spread_y if known else 0.0
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        correlation[t] = min(max(xy / np.sqrt(xx * yy), -1.0), 1.0)
    return correlation


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def centre(row):
    """Mean and spread (largest less smallest) of what is not NaN; NaN and -inf where nothing is."""
    low, high, total, n = np.inf, -np.inf, 0.0, 0
    for i in range(len(row)):
        v = row[i]
        known = v == v
        low = min(low, v if known else np.inf)
        high = max(high, v if known else -np.inf)
        total += v if known else 0.0
        n += known
    return (total / n if n else np.nan), high - low
