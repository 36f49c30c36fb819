"""From two prices a day to a bar: the extremes that a path between them would have had, and its volume.

In come log opens, log closes and the variance between them, arrays `(dates, assets)`; out come highs, lows, volumes.
All of a bar is known at its close: nothing here looks at the night after it.
"""

import numpy as np


def extremes(
    log_open: np.ndarray, log_close: np.ndarray, *, variance: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """High and low of a Brownian bridge from open to close, each from its exact marginal law.

    Parameters
    ----------
    log_open, log_close : array (dates, assets)
        Ends of the bridge. NaN gives NaN.
    variance : array, broadcast to the same shape
        Variance of the log price over the bar.
    rng : Generator
        Two uniforms for each bar.

    Returns
    -------
    high, low : array (dates, assets)
        Log prices: high ≥ both ends, low ≤ both.

    References
    ----------
    ``P(max > m) = exp(-2 (m - a)(m - b) / v)``: Karatzas and Shreve (1991), 4.3.40.
    """
    middle, move = (log_open + log_close) / 2, (log_close - log_open) ** 2
    reach = [np.sqrt(move - 2 * variance * np.log1p(-rng.random(log_open.shape))) / 2 for _ in range(2)]
    high = np.maximum(middle + reach[0], np.maximum(log_open, log_close))  # guards the last digit
    low = np.minimum(middle - reach[1], np.minimum(log_open, log_close))
    return high, low


def volumes(moves: np.ndarray, *, typical: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shares traded: a level for each asset, a slow AR(1) around it, and more of it on bars that moved.

    Parameters
    ----------
    moves : array (dates, assets)
        Close against open in standard deviations of the bar.
    typical : array (assets,)
        Typical shares a bar.
    rng : Generator
        One shock for each bar.

    Returns
    -------
    array (dates, assets)
        Whole shares as floats; NaN where the move is.

    References
    ----------
    Karpoff (1987), *JFQA* 22: volume rises with the size of the move.
    """
    from dlcore.markets.simulate.processes import ar1

    slow = ar1(rng.standard_normal(moves.shape[::-1]), phi=0.8, sigma=0.2).T  # (T, N)
    return np.rint(typical * np.exp(slow + 0.35 * (np.abs(moves) - np.sqrt(2 / np.pi))))


def regime_path(steps: int, *, stay: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A Markov chain over calm (0), normal (1) and turbulent (2), from normal; leaves to a neighbour only.

    Parameters
    ----------
    steps : int
        Length of the path.
    stay : array (3,)
        Probability of staying in each state.
    rng : Generator
        One uniform for each step.

    Returns
    -------
    array (steps,) of int64
        The state of each step.

    References
    ----------
    Hamilton (1989), *Econometrica* 57.
    """
    calm, normal, turbulent = stay
    chances = [[calm, 1 - calm, 0], [0.6 * (1 - normal), normal, 0.4 * (1 - normal)], [0, 1 - turbulent, turbulent]]
    limits = np.cumsum(chances, axis=1)  # (3, 3)
    path = np.empty(steps, dtype=np.int64)
    state = 1
    for t, draw in enumerate(rng.random(steps)):
        state = min(int(np.searchsorted(limits[state], draw, side="right")), 2)
        path[t] = state
    return path
