"""What has no memory: one value in, one value out."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def quotient(numerator, denominator):
    """Numerator over denominator (dates, assets), NaN and not infinity where the denominator is 0."""
    out = np.empty_like(numerator)
    for t in range(len(out)):
        for i in range(out.shape[1]):
            out[t, i] = numerator[t, i] / denominator[t, i] if denominator[t, i] != 0 else np.nan
    return out
