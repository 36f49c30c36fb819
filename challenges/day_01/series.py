"""Price series and their gradients by hand: three processes, one test for memory, one derivative without calculus.

In:  shocks drawn elsewhere (so that every path can be replayed), a series, or any function of an array.
Out: paths, autocorrelations with two error bands, gradients.
Shapes: n days, K lags.
"""

from collections.abc import Callable

import numpy as np

# --- three processes: today from yesterday and one shock ---


def ar1(shocks: np.ndarray, phi: float, sigma: float) -> np.ndarray:
    """A series that forgets: x_t = φ x_{t−1} + σ ε_t, (n,).

    The first value uses the first shock, scaled to the spread of every other day, as if it had always been running.
    """
    x = np.empty(len(shocks))  # (n,)

    # Var x = φ² Var x + σ²  ⇒  standard deviation σ / √(1 − φ²)
    x[0] = sigma / np.sqrt(1 - phi**2) * shocks[0]
    for t in range(1, len(shocks)):
        x[t] = phi * x[t - 1] + sigma * shocks[t]
    return x


def random_walk(shocks: np.ndarray, sigma: float) -> np.ndarray:
    """A series that never forgets: x_t = x_{t−1} + σ ε_t, (n,). It is ar1 with φ = 1, and has no stationary start."""
    return sigma * np.cumsum(shocks)  # (n,)


def garch(shocks: np.ndarray, omega: float, alpha: float, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns without memory whose size has one: (returns, variance), both (n,).

    r_t = √h_t ε_t,   h_t = ω + α r²_{t−1} + β h_{t−1}.   Bollerslev (1986).
    """
    returns, variance = np.empty(len(shocks)), np.empty(len(shocks))  # (n,) (n,)

    # E h = ω + (α + β) E h  ⇒  start at the long-run variance ω / (1 − α − β)
    variance[0] = omega / (1 - alpha - beta)
    returns[0] = np.sqrt(variance[0]) * shocks[0]
    for t in range(1, len(shocks)):
        variance[t] = omega + alpha * returns[t - 1] ** 2 + beta * variance[t - 1]
        returns[t] = np.sqrt(variance[t]) * shocks[t]
    return returns, variance


# --- does the past speak? ---


def autocorrelation(x: np.ndarray, lags: int) -> tuple[np.ndarray, float, np.ndarray]:
    """(ρ, textbook band, honest band) for lags 1 … K: shapes (K,), (), (K,).

    With d = x − mean, ρ_k = Σ d_t d_{t+k} / Σ d_t². Bands are half-widths, 1.96 standard deviations of ρ if today's
    sign knew nothing of the past. The textbook's standard deviation, 1/√n, also assumes that today's *size* knows
    nothing of it; the honest one weighs each product by what was really there (Taylor 1984).
    """
    d = x - x.mean()  # (n,)
    power = np.sum(d**2)

    # ρ_k = Σ_t d_t d_{t+k} / Σ_t d_t²    (n − k products over n squares: a long echo fades)
    rho = np.array([d[:-k] @ d[k:] for k in range(1, lags + 1)]) / power  # (K,)

    # if signs are coins, Var Σ d_t d_{t+k} = Σ d_t² d²_{t+k};  with sizes shuffled too this is power² / n
    textbook = 1.96 / np.sqrt(len(x))
    honest = 1.96 * np.sqrt([(d[:-k] ** 2) @ (d[k:] ** 2) for k in range(1, lags + 1)]) / power  # (K,)
    return rho, float(textbook), honest


# --- a derivative for any function ---


def numerical_gradient(f: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """∂f/∂x by central differences, in the shape of x.

    ∂f/∂x_i ≈ (f(x + h_i e_i) − f(x − h_i e_i)) / 2h_i,   h_i = step · max(1, |x_i|).   The caller's x stays as it was.
    """
    x = np.array(x, dtype=float)  # a copy: the caller's array is not touched
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        here, h = x[i], step * max(1.0, abs(x[i]))
        right, left = here + h, here - h  # rounded: 2h is not quite what lies between them
        x[i] = right
        above = f(x)
        x[i] = left
        below = f(x)
        x[i] = here  # put it back before the next coordinate
        gradient[i] = (above - below) / (right - left)
    return gradient
