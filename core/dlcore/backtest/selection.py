"""Which assets are chosen each day, and the tranches that overlap; compiled."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def choose(scores, ordered, top, bottom, high, low, sides):
    """Write +1 for the best and -1 for the worst of each row of `sides` (dates, assets) int8.

    `ordered` holds each row of `scores` ascending, NaN last. Of equal scores the first assets are best and the last
    worst. Bests lie at or above `high`, worsts at or below `low`. Where names are too few for both sides, they share
    in proportion, rounded down.
    """
    dates, assets = scores.shape
    for t in range(dates):
        known = assets
        while known > 0 and ordered[t, known - 1] != ordered[t, known - 1]:
            known -= 1
        best, worst = top, bottom
        if known < top + bottom:
            best, worst = known * top // (top + bottom), known * bottom // (top + bottom)
        ceiling = ordered[t, known - best] if best > 0 else np.inf
        floor = ordered[t, worst - 1] if worst > 0 else -np.inf
        best_ties, worst_ties = best, worst
        for i in range(assets):
            best_ties -= scores[t, i] > ceiling
            worst_ties -= scores[t, i] < floor
        for i in range(assets):
            score = scores[t, i]
            tie = score == ceiling and best_ties > 0
            best_ties -= tie
            sides[t, i] = (score > ceiling or tie) and score >= high
        for i in range(assets - 1, -1, -1):
            score = scores[t, i]
            tie = score == floor and worst_ties > 0
            worst_ties -= tie
            if (score < floor or tie) and score <= low:
                sides[t, i] = -1


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
