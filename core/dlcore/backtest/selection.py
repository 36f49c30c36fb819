"""Which assets are chosen each day, and the tranches that overlap; compiled."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def choose(scores, order, top, bottom, high, low, sides):
    """Write +1 for the best and -1 for the worst of each row of `sides` (dates, assets) int8.

    `order` holds the columns of each row of `scores` from lowest to highest, NaN last. Of equal scores the first assets
    are best and the last worst. Bests lie at or above `high`, worsts at or below `low`. Where names are too few for
    both sides, they share in proportion, rounded down.
    """
    dates, assets = scores.shape
    sides[:] = 0
    for t in range(dates):
        row, columns, side = scores[t], order[t], sides[t]
        known = assets
        while known > 0 and row[columns[known - 1]] != row[columns[known - 1]]:
            known -= 1
        best, worst = top, bottom
        if known < top + bottom:
            best, worst = known * top // (top + bottom), known * bottom // (top + bottom)
        if best > 0:
            first, end = equals(row, columns[:known], known - best)
            for place in range(known - best, known):  # of the equals at the edge, as many from the front as are needed
                column = columns[place if place >= end else place - (known - best) + first]
                side[column] = row[column] >= high
        if worst > 0:
            first, end = equals(row, columns[:known], worst - 1)
            for place in range(worst):  # and here from the back
                column = columns[place if place < first else place - worst + end]
                side[column] = -1 if row[column] <= low else side[column]


@njit(cache=True, nogil=True)
def equals(row, columns, place):
    """First place of the value that stands at `place` of a sorted row, and the first behind it."""
    first, end, value = place, place + 1, row[columns[place]]
    while first > 0 and row[columns[first - 1]] == value:
        first -= 1
    while end < len(columns) and row[columns[end]] == value:
        end += 1
    return first, end


@njit(cache=True, nogil=True)
def overlap(sides, horizon, long, short, weights):
    """Mean of the last `horizon` rows of `sides`, longs worth `long` each and shorts `short`."""
    dates, assets = sides.shape
    longs, shorts = np.zeros(assets, np.int32), np.zeros(assets, np.int32)
    for t in range(dates):
        for i in range(assets):
            longs[i] += sides[t, i] > 0
            shorts[i] += sides[t, i] < 0
        if t >= horizon:
            for i in range(assets):
                longs[i] -= sides[t - horizon, i] > 0
                shorts[i] -= sides[t - horizon, i] < 0
        for i in range(assets):
            weights[t, i] = longs[i] * (long / horizon) - shorts[i] * (short / horizon)
