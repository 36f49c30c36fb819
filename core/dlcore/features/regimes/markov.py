"""A market that switches between a few states, each with its own mean and variance: parameters and their fit.

In come returns (dates,), out comes a Fit: parameters, likelihood, and whether they can be trusted. States are numbered
by variance, so that state 0 is the calm one after every fit.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

GAIN = 1e-6  # log likelihood that one more step must bring
STEPS = 1000
FLOOR = 1e-4  # smallest variance of a state, as a share of the variance of all returns


@dataclass(frozen=True)
class Fit:
    """Parameters of the switching model, states in order of variance.

    Attributes
    ----------
    mean, variance : array (states,)
        Of one session's return.
    transition : array (states, states)
        Chance to go from the row's state to the column's.
    log_likelihood : float
        Of the returns that were fitted.
    status : "converged", "steps" or "collapsed"
        "steps": the last of 1,000 steps still gained more than 1e-6. "collapsed": a state holds fewer than five
        returns' worth of probability, or a variance fell to its floor; such parameters mean nothing.
    """

    mean: np.ndarray
    variance: np.ndarray
    transition: np.ndarray
    log_likelihood: float
    status: Literal["converged", "steps", "collapsed"]


def steady_state(transition: np.ndarray) -> np.ndarray:
    """How often each state occurs in the long run.

    Parameters
    ----------
    transition : array (states, states)
        Rows add up to 1.

    Returns
    -------
    array (states,)
        Adds up to 1.
    """
    states = len(transition)
    equations = np.vstack([transition.T - np.eye(states), np.ones(states)])
    return np.clip(np.linalg.lstsq(equations, np.append(np.zeros(states), 1.0))[0], 0.0, 1.0)


def first_guess(returns: np.ndarray, states: int) -> Fit:
    """Parameters to begin with: the returns sorted into as many groups by how loud the days around them are.

    Parameters
    ----------
    returns : array (dates,)
        Finite, not all equal.
    states : int
        How many groups.

    Returns
    -------
    Fit
        Staying put has chance 0.95; not fitted.
    """
    size = np.abs(returns - returns.mean())
    loudness = np.convolve(size, np.ones(11) / 11, mode="same")
    group = np.minimum(states * np.argsort(np.argsort(loudness)) // len(returns), states - 1)
    scale = [returns[group == k].var() for k in range(states)]
    variance = np.maximum(np.sort(scale), FLOOR * returns.var())
    away = 0.05 / (states - 1)
    transition = np.full((states, states), away) + (0.95 - away) * np.eye(states)
    return Fit(np.full(states, returns.mean()), variance, transition, -np.inf, "steps")


def fit_switching(returns: np.ndarray, start: Fit) -> Fit:
    """Maximum likelihood by expectation and maximisation (Baum–Welch), from a start.

    Parameters
    ----------
    returns : array (dates,)
        Finite.
    start : Fit
        Where to begin: `first_guess`, or an earlier fit. It finds the top of the hill that it starts on.

    Returns
    -------
    Fit
        The chances of the first date's state are free and not kept: filters start from the steady state.

    References
    ----------
    Hamilton (1990), *Journal of Econometrics* 45; Baum et al. (1970), *Annals of Mathematical Statistics* 41.
    """
    from dlcore.features.regimes.kernels import hamilton_filter, kim_smoother

    mean, variance = start.mean, start.variance
    transition = 0.999 * start.transition + 0.001 / len(mean)  # a chance that had fallen to nil may come back
    initial, floor, before = steady_state(transition), FLOOR * returns.var(), -np.inf
    log_likelihood, status = -np.inf, "steps"
    for _ in range(STEPS):
        filtered, predicted, log_likelihood = hamilton_filter(returns, mean, variance, transition, initial)
        smoothed, moves = kim_smoother(filtered, predicted, transition)
        weight = smoothed.sum(axis=0)  # (K,)
        if (weight < 5).any() or (variance <= floor).any():
            status = "collapsed"
            break
        if log_likelihood - before < GAIN:
            status = "converged"
            break
        before, initial = log_likelihood, smoothed[0]
        mean = returns @ smoothed / weight
        variance = np.maximum(((returns[:, None] - mean) ** 2 * smoothed).sum(axis=0) / weight, floor)
        transition = moves / moves.sum(axis=1, keepdims=True)
    order = np.argsort(variance, kind="stable")
    return Fit(mean[order], variance[order], transition[np.ix_(order, order)], float(log_likelihood), status)
