"""The recursions of the regimes, compiled: Hamilton's filter forward, Kim's smoother backward, sums and run lengths.

Arrays are float64 `(dates, states)` or `(dates,)`; `transition[i, j]` is the chance to go from state i to state j.
"""

from math import lgamma

import numpy as np
from numba import njit

NEGLIGIBLE = 1e-10  # a run length with a smaller chance is forgotten


@njit(cache=True, nogil=True)
def hamilton_filter(returns, mean, variance, transition, initial):
    """Filtered and predicted probabilities (dates, states) and the log likelihood of normal returns (dates,).

    `initial` (states,) is the prediction for the first date.
    """
    dates, states = returns.size, mean.size
    filtered, predicted = np.empty((dates, states)), np.empty((dates, states))
    now, ahead, log_joint = np.empty(states), initial.copy(), np.empty(states)
    constant = -0.5 * np.log(2 * np.pi * variance)
    log_likelihood = 0.0
    for t in range(dates):
        top = -np.inf
        for k in range(states):
            log_joint[k] = constant[k] - 0.5 * (returns[t] - mean[k]) ** 2 / variance[k] + np.log(ahead[k])
            top = max(top, log_joint[k])
        total = 0.0
        for k in range(states):
            predicted[t, k] = ahead[k]
            now[k] = np.exp(log_joint[k] - top)  # the likeliest state counts 1, however unlikely it is
            total += now[k]
        log_likelihood += np.log(total) + top
        ahead[:] = 0.0
        for k in range(states):
            filtered[t, k] = now[k] / total
            for j in range(states):
                ahead[j] += filtered[t, k] * transition[k, j]
    return filtered, predicted, log_likelihood


@njit(cache=True, nogil=True)
def kim_smoother(filtered, predicted, transition):
    """Smoothed probabilities (dates, states) and the expected number of moves from each state to each (states, states).

    It runs backward: every value knows all dates.
    """
    dates, states = filtered.shape
    smoothed = filtered.copy()
    moves = np.zeros((states, states))
    for t in range(dates - 2, -1, -1):
        for i in range(states):
            total = 0.0
            for j in range(states):
                if predicted[t + 1, j] > 0:
                    joint = filtered[t, i] * transition[i, j] * smoothed[t + 1, j] / predicted[t + 1, j]
                    moves[i, j] += joint
                    total += joint
            smoothed[t, i] = total
    return smoothed, moves


@njit(cache=True, nogil=True)
def page_sums(z, drift, threshold):
    """Page's two sums of z (dates,) and the alarms, -1, 0 or 1; after an alarm both sums begin anew."""
    up, down, alarm = np.zeros(z.size), np.zeros(z.size), np.zeros(z.size)
    rising, falling = 0.0, 0.0
    for t in range(z.size):
        rising, falling = max(0.0, rising + z[t] - drift), max(0.0, falling - z[t] - drift)
        up[t], down[t] = rising, falling
        if rising > threshold or falling > threshold:
            alarm[t] = 1.0 if rising >= falling else -1.0
            rising, falling = 0.0, 0.0
    return up, down, alarm


@njit(cache=True, nogil=True)
def run_length_chances(z, hazard, recent, kappa, alpha, beta):
    """Expected sessions since the last change, and the chance that they are at most `recent`; both (dates,).

    One hypothesis for each number of sessions n since the change, the date's own included, with the mean and the
    squares of those n values; normal–inverse-gamma prior (0, kappa, alpha, beta).
    """
    dates = z.size
    age, chance = np.zeros(dates + 1, np.int64), np.zeros(dates + 1)
    mean, squares = np.zeros(dates + 1), np.zeros(dates + 1)  # posterior mean and beta of each hypothesis
    expected, newly = np.zeros(dates), np.zeros(dates)
    constant = np.empty(dates + 1)  # of the predictive Student density after n values
    for n in range(dates + 1):
        a, k = alpha + n / 2, kappa + n
        constant[n] = lgamma(a + 0.5) - lgamma(a) - 0.5 * np.log(2 * np.pi * (k + 1) / k)
    alive = 0
    for t in range(dates):
        for h in range(alive):
            chance[h] *= 1 - hazard
        age[alive], mean[alive], squares[alive] = 0, 0.0, beta
        chance[alive] = hazard if t > 0 else 1.0  # a change just before this date
        alive += 1
        total = 0.0
        for h in range(alive):
            a, k = alpha + age[h] / 2, kappa + age[h]
            extra = 0.5 * (z[t] - mean[h]) ** 2 * k / (k + 1)
            log_density = constant[age[h]] - 0.5 * np.log(squares[h]) - (a + 0.5) * np.log1p(extra / squares[h])
            chance[h] *= np.exp(log_density)
            mean[h] += (z[t] - mean[h]) / (k + 1)
            squares[h] += extra
            age[h] += 1
            total += chance[h]
        kept = 0
        for h in range(alive):
            chance[h] /= total
            expected[t] += chance[h] * age[h]
            newly[t] += chance[h] if age[h] <= recent else 0.0
            if chance[h] > NEGLIGIBLE:
                age[kept], chance[kept], mean[kept], squares[kept] = age[h], chance[h], mean[h], squares[h]
                kept += 1
        alive = kept
    return expected, newly
