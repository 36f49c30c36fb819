"""Figures of a series of daily returns that a tearsheet needs."""

import numpy as np
from numpy.typing import ArrayLike

SESSIONS_PER_YEAR = 252


def sharpe(returns: ArrayLike) -> float:
    """Mean over standard deviation (ddof 1) of daily excess returns, × √252; NaN where nothing varies."""
    r = np.asarray(returns, dtype=float)
    spread = r.std(ddof=1)
    return float(r.mean() / spread * SESSIONS_PER_YEAR**0.5) if spread > 0 else float("nan")


def drawdown(returns: ArrayLike) -> np.ndarray:
    """Loss from the best value so far, the start included, as a fraction ≤ 0 after each session."""
    worth = np.cumprod(1 + np.asarray(returns, dtype=float))
    return worth / np.maximum(np.maximum.accumulate(worth), 1) - 1


def max_drawdown(returns: ArrayLike) -> float:
    """The deepest `drawdown`, a fraction ≤ 0."""
    return float(drawdown(returns).min())


def sharpe_interval(
    returns: ArrayLike, rng: np.random.Generator, *, block: float = 10, draws: int = 1000
) -> tuple[float, float]:
    """95 % interval of the Sharpe ratio by stationary bootstrap (Politis and Romano 1994), blocks of mean `block`."""
    r = np.asarray(returns, dtype=float)
    size = len(r)
    if r.std() == 0:
        return float("nan"), float("nan")
    fresh = rng.uniform(size=(draws, size)) < 1 / block
    fresh[:, 0] = True
    starts = rng.integers(0, size, (draws, size))
    since = np.arange(size) - np.maximum.accumulate(np.where(fresh, np.arange(size), 0), axis=1)
    origin = np.take_along_axis(starts, np.arange(size) - since, axis=1)
    drawn = r[(origin + since) % size]  # (draws, T)
    spread = drawn.std(axis=1, ddof=1)
    ratios = drawn.mean(axis=1)[spread > 0] / spread[spread > 0] * SESSIONS_PER_YEAR**0.5
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)


def sharpe_error(ratio: ArrayLike, sessions: int) -> np.ndarray:
    """Standard error of an annualised Sharpe ratio of independent returns (Lo 2002, equation 9)."""
    daily = np.asarray(ratio) / SESSIONS_PER_YEAR**0.5
    return np.sqrt((1 + daily**2 / 2) / sessions * SESSIONS_PER_YEAR)
