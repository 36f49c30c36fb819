"""Row by row, compiled: ranks from an order, and values less the mean of their group.

Sums run over the assets in their order, so a row's result does not depend on how many other dates there are.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def centred_ranks(x, ordered):
    """(rank - ½) / n - ½ of each row (dates, assets), ties averaged; `ordered` is x sorted by rows, NaN last."""
    dates, assets = x.shape
    out = np.full((dates, assets), np.nan)
    shared = np.empty(assets)  # what the value at each place of the order gets, the same for equal ones
    for t in range(dates):
        known = 0
        while known < assets and not np.isnan(ordered[t, known]):
            known += 1
        first = 0
        while first < known:
            last = first
            while last + 1 < known and ordered[t, last + 1] == ordered[t, first]:
                last += 1
            shared[first : last + 1] = ((first + last) / 2 + 0.5) / known - 0.5
            first = last + 1
        for i in range(assets):
            if not np.isnan(x[t, i]):
                out[t, i] = shared[_first_place(ordered[t], known, x[t, i])]
    return out


@njit(cache=True, nogil=True)
def _first_place(ordered, known, value):
    """Where a value that is there stands first among the `known` ordered ones."""
    place, size = 0, known
    while size > 1:
        half = size // 2
        place += half if ordered[place + half - 1] < value else 0
        size -= half
    return place


@njit(cache=True, nogil=True)
def less_group_mean(x, group, groups, members):
    """Each row (dates, assets) less the mean of its group's `members`; NaN outside, and in groups of fewer than two."""
    dates, assets = x.shape
    out = np.full((dates, assets), np.nan)
    total, count = np.empty(groups), np.empty(groups)
    for t in range(dates):
        total[:], count[:] = 0.0, 0.0
        for i in range(assets):
            if members[t, i]:
                total[group[i]] += x[t, i]
                count[group[i]] += 1
        for i in range(assets):
            if members[t, i] and count[group[i]] >= 2:
                out[t, i] = x[t, i] - total[group[i]] / count[group[i]]
    return out
