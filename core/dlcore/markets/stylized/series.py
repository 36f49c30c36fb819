"""What every measurement here asks of its input: floats with time last, nothing missing, and something that moves."""

import numpy as np


def finite_series(x: np.ndarray) -> np.ndarray:
    """Float64 with time last, at least two steps, nothing missing."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] < 2:
        raise ValueError(f"x of shape {x.shape} is not allowed: give (..., n) with n ≥ 2")
    if not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise ValueError(f"x holds {bad} missing or infinite values of {x.size}: cut to a stretch without them")
    return x


def deviations(x: np.ndarray) -> np.ndarray:
    x = finite_series(x)
    if np.any(np.ptp(x, axis=-1) == 0):
        raise ValueError("x is constant: give a series that moves")
    return x - x.mean(axis=-1, keepdims=True)


def checked_lags(value: int, below: int, *, name: str = "lags") -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value < below:
        raise ValueError(f"{name}={value} is not allowed: give an integer from 1 to {below - 1}")
    return int(value)
