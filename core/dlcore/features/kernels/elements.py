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


@njit(cache=True, nogil=True, error_model="numpy")
def bands(values, shift, variance, width):
    """Lower, middle and upper band (dates, assets), `width` deviations apart; two of them lie where the moments lay."""
    lower = np.empty_like(values)
    for t in range(len(values)):
        for i in range(values.shape[1]):
            middle, half = values[t, i] + shift[t, i], width * np.sqrt(variance[t, i])
            lower[t, i], shift[t, i], variance[t, i] = middle - half, middle, middle + half
    return lower, shift, variance


@njit(cache=True, nogil=True, error_model="numpy")
def place_in_bands(values, shift, variance, width):
    """Place of the value, 0 on the lower band, 1 on the upper, and their distance over the middle, in the same way."""
    for t in range(len(values)):
        for i in range(values.shape[1]):
            middle, half = values[t, i] + shift[t, i], width * np.sqrt(variance[t, i])
            shift[t, i] = 0.5 - 0.5 * shift[t, i] / half if half > 0 else np.nan  # value − middle = −shift
            variance[t, i] = 2 * half / middle
    return shift, variance
