"""The Sharpe ratio as a page needs it: NaN for a portfolio that never moves, where `dlcore.evaluation` refuses."""

import numpy as np
from numpy.typing import ArrayLike

from dlcore import evaluation
from dlcore.evaluation.series import SESSIONS_PER_YEAR


def sharpe(returns: ArrayLike) -> float:
    """As `dlcore.evaluation.sharpe`; NaN where nothing varies."""
    r = np.asarray(returns, dtype=float)
    return evaluation.sharpe(r) if r.std() > 0 else float("nan")


def sharpe_interval(returns: ArrayLike, rng: np.random.Generator, *, draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the Sharpe ratio by stationary bootstrap, blocks of mean 10; NaN where nothing varies."""
    r = np.asarray(returns, dtype=float)
    if r.std() == 0:
        return float("nan"), float("nan")
    found = evaluation.block_bootstrap(evaluation.sharpe, r, generator=rng, resamples=draws, block_length=10.0)
    return found.lower, found.upper


def rolling_error(ratio: np.ndarray, sessions: int) -> np.ndarray:
    """Standard error of annual Sharpe ratios of `sessions` independent returns each (Lo 2002, equation 9)."""
    return np.sqrt((1 + ratio**2 / SESSIONS_PER_YEAR / 2) / sessions * SESSIONS_PER_YEAR)
