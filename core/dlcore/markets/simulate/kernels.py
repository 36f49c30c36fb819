"""The recursions of the simulated markets, compiled: float64 arrays `(dates, series)` in, the same shape out.

Dates are the outer loop: the series of one date do not wait for one another.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def garch_paths(shocks, omega, alpha, beta):
    """Returns and variances, both (dates, series), of GARCH(1,1) started at its long-run variance."""
    dates, series = shocks.shape
    returns = np.empty((dates, series))
    variance = np.empty((dates, series))
    for i in range(series):
        variance[0, i] = omega / (1 - alpha - beta)
        returns[0, i] = np.sqrt(variance[0, i]) * shocks[0, i]
    for t in range(1, dates):
        for i in range(series):
            variance[t, i] = omega + alpha * returns[t - 1, i] ** 2 + beta * variance[t - 1, i]
            returns[t, i] = np.sqrt(variance[t, i]) * shocks[t, i]
    return returns, variance


@njit(cache=True, nogil=True)
def ar1_paths(shocks, phi, sigma):
    """Paths (dates, series) of AR(1) from a stationary start."""
    dates, series = shocks.shape
    path = np.empty((dates, series))
    for i in range(series):
        path[0, i] = sigma / np.sqrt(1 - phi**2) * shocks[0, i]
    for t in range(1, dates):
        for i in range(series):
            path[t, i] = phi * path[t - 1, i] + sigma * shocks[t, i]
    return path
