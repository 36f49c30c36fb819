"""Three processes that turn shocks into a series: one forgets, one never forgets, one remembers only the size.

In come shocks drawn elsewhere, so that every path can be replayed; out come paths of the same shape. The last axis is
time, all axes before it are separate series. Graduates of `challenges/day_01/series.py`.
"""

import numpy as np


def ar1(shocks: np.ndarray, *, phi: float, sigma: float) -> np.ndarray:
    """A series that forgets: ``x_t = phi · x_{t-1} + sigma · shock_t``, from a stationary start.

    Parameters
    ----------
    shocks : array (..., n)
        Standard shocks, mean 0 and variance 1. A NaN makes its path NaN from there on.
    phi : float
        What is left of yesterday, -1 < phi < 1.
    sigma : float
        Standard deviation of one day's shock, > 0, in the unit that the path shall have.

    Returns
    -------
    array (..., n)
        The path; ``x_0 = sigma / sqrt(1 - phi²) · shock_0``, as if the process had always been running.

    Raises
    ------
    ValueError
        For phi or sigma out of range, or shocks without a time axis.

    References
    ----------
    Hamilton (1994), *Time Series Analysis*, eq. 3.4.1.

    Examples
    --------
    One shock, and four days without any: each day keeps half of the day before.

    >>> import numpy as np
    >>> from dlcore.markets.simulate import ar1
    >>> ar1(np.array([0.0, 1.0, 0.0, 0.0, 0.0]), phi=0.5, sigma=2.0)
    array([0.  , 2.  , 1.  , 0.5 , 0.25])
    """
    from dlcore.markets.simulate.kernels import ar1_paths

    shocks = _shocks(shocks)
    if not -1 < phi < 1:
        raise ValueError(f"phi={phi} is not allowed: give -1 < phi < 1 (phi=1 is random_walk)")
    _positive("sigma", sigma)
    return _by_series(ar1_paths(_by_date(shocks), float(phi), float(sigma)), shocks.shape)


def random_walk(shocks: np.ndarray, *, sigma: float, start: float = 0.0) -> np.ndarray:
    """A series that never forgets: ``x_t = x_{t-1} + sigma · shock_t``, beginning one step away from `start`.

    Parameters
    ----------
    shocks : array (..., n)
        Standard shocks. A NaN makes its path NaN from there on.
    sigma : float
        Standard deviation of one step, > 0, in the unit of `start`.
    start : float
        The value before the first step; it is not part of the path.

    Returns
    -------
    array (..., n)
        The path; its first value is ``start + sigma · shock_0``.

    Raises
    ------
    ValueError
        For sigma out of range, or shocks without a time axis.

    References
    ----------
    Hamilton (1994), *Time Series Analysis*, eq. 15.2.3 without drift.
    """
    shocks = _shocks(shocks)
    _positive("sigma", sigma)
    return start + sigma * np.cumsum(shocks, axis=-1)


def garch(shocks: np.ndarray, *, omega: float, alpha: float, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns without memory whose size has one: ``h_t = omega + alpha · r²_{t-1} + beta · h_{t-1}``.

    Parameters
    ----------
    shocks : array (..., n)
        Standard shocks. A NaN makes its path NaN from there on.
    omega, alpha, beta : float
        omega > 0 in squared returns, alpha ≥ 0, beta ≥ 0, alpha + beta < 1.

    Returns
    -------
    returns : array (..., n)
        ``r_t = sqrt(h_t) · shock_t``.
    variance : array (..., n)
        h_t, known the day before; ``h_0 = omega / (1 - alpha - beta)``, its long-run mean.

    Raises
    ------
    ValueError
        For parameters out of range, or shocks without a time axis.

    References
    ----------
    Bollerslev (1986), eq. 1–3 with p = q = 1.
    """
    from dlcore.markets.simulate.kernels import garch_paths

    shocks = _shocks(shocks)
    _positive("omega", omega)
    if not (alpha >= 0 and beta >= 0 and alpha + beta < 1):
        raise ValueError(f"alpha={alpha}, beta={beta} are not allowed: give both ≥ 0 with a sum < 1")
    returns, variance = garch_paths(_by_date(shocks), float(omega), float(alpha), float(beta))
    return _by_series(returns, shocks.shape), _by_series(variance, shocks.shape)


def _by_date(shocks: np.ndarray) -> np.ndarray:
    """(..., n) as the kernels want it: contiguous (n, series)."""
    return np.ascontiguousarray(shocks.reshape(-1, shocks.shape[-1]).T)


def _by_series(paths: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(n, series) back to (..., n), contiguous."""
    return np.ascontiguousarray(paths.T).reshape(shape)


def _shocks(shocks: np.ndarray) -> np.ndarray:
    """A float64 array with at least one step in time."""
    shocks = np.asarray(shocks, dtype=np.float64)
    if shocks.ndim == 0 or shocks.shape[-1] == 0:
        raise ValueError(f"shocks of shape {shocks.shape} are not allowed: give (..., n) with n ≥ 1")
    return shocks


def _positive(name: str, value: float) -> None:
    if not 0 < value < np.inf:
        raise ValueError(f"{name}={value} is not allowed: give a finite number > 0")
