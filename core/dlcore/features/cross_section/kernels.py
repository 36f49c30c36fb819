"""Row by row, compiled: values less the mean of their group.

Sums run over the assets in their order, so a row's result does not depend on how many other dates there are.
"""

import numpy as np
from numba import njit


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
