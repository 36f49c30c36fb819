"""Windows and labels by hand: what a day may look back on, what it is to forecast, and who may learn from whom.

In:  prices of several assets, one row a day; for the split, the days on which labels were decided, bought and sold.
Out: windows as views (nothing is copied), next-day returns, masks of rows.
Shapes: T days, N assets, L days in a window, n = T − L + 1 windows; R rows of labels.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(prices: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Every run of `length` days, (n, N, L), and the return of the day after it, (n, N).

    x[i, a] = prices[i … i + L − 1, a],   y[i, a] = prices[i + L, a] / prices[i + L − 1, a] − 1.
    The last window has no day after it yet: its label is NaN, and it is the one we would trade on.
    """
    # a view: each window is the same memory, begun one day later
    x = sliding_window_view(prices, length, axis=0)  # (T, N) -> (n, N, L)

    y = np.full(x.shape[:2], np.nan)  # (n, N)
    y[:-1] = prices[length:] / prices[length - 1 : -1] - 1
    return x, y


def purged_split(
    decided: np.ndarray, start: np.ndarray, end: np.ndarray, first: int, last: int
) -> tuple[np.ndarray, np.ndarray]:
    """(train, test), masks (R,), for labels decided on a day, bought on `start`, sold on `end`.

    Test rows are decided on the days first … last. A row may train only if it was settled when the first test row was
    decided, or begins at the close at which the last test label is sold, or later: only then do they share neither a
    return nor a secret.
    """
    test = (first <= decided) & (decided <= last)  # (R,)

    known = end <= first  # sold, and so known, at the close on which the first test row is decided
    after = start >= end[test].max()  # bought when every test label has been settled
    return known | after, test
