"""Reward for risk: what returns came to, over what they had to bear.

In come simple daily returns as fractions, out comes one number, annualised with 252. None of these has an error bar of
its own: `luck` has the Sharpe ratio's, `bootstrap` has everything's.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.drawdown import max_drawdown
from dlcore.evaluation.series import SESSIONS_PER_YEAR, known, side_by_side

if TYPE_CHECKING:
    from dlcore.evaluation.series import Series


def sharpe(returns: "Series", *, risk_free: "Series | float" = 0.0) -> float:
    """Sharpe ratio: arithmetic mean of daily excess return over its standard deviation, times √252.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Simple daily returns. NaN days are left out.
    risk_free : float or series like `returns`
        Of one day, a fraction. NaN days are left out.

    Returns
    -------
    float
        Per √year; standard deviation with ddof 1. Its standard error over y years is near 1 / √y.

    Raises
    ------
    ValueError
        As `values_of`; for fewer than two returns, or a constant excess return, which has no risk to divide by.

    References
    ----------
    Sharpe (1994), *Journal of Portfolio Management* 21.

    Examples
    --------
    Four years of a fair coin, and the error that says not to believe it:

    >>> import numpy as np
    >>> from dlcore.evaluation import sharpe, sharpe_standard_error
    >>> coin = np.random.default_rng(0).choice([-0.01, 0.01], size=1008)
    >>> round(sharpe(coin), 2), round(sharpe_standard_error(coin), 2)
    (1.14, 0.5)
    """
    excess = _excess(returns, risk_free, "risk_free")
    if np.ptp(excess) == 0:
        raise ValueError(f"returns are constant at {excess[0]:g}: a Sharpe ratio needs returns that move")
    return float(excess.mean() / excess.std(ddof=1) * SESSIONS_PER_YEAR**0.5)


def sortino(returns: "Series", *, target: "Series | float" = 0.0) -> float:
    """Sortino ratio: mean excess over the target, divided by the root mean square of the shortfalls, times √252.

    ``mean(r - target) / sqrt(mean(min(r - target, 0)²)) · √252``: the mean of the squares is over *all* days, those
    above the target counting zero.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Simple daily returns. NaN days are left out.
    target : float or series like `returns`
        Of one day, a fraction.

    Returns
    -------
    float
        Per √year; no ddof is taken off, for the target is not estimated.

    Raises
    ------
    ValueError
        As `values_of`; for fewer than two returns, or when no day falls short.

    References
    ----------
    Sortino and Price (1994), *Journal of Investing* 3.
    """
    excess = _excess(returns, target, "target")
    shortfall = np.sqrt(np.mean(np.minimum(excess, 0) ** 2))
    if shortfall == 0:
        raise ValueError(
            f"none of {len(excess)} returns falls short of the target: a Sortino ratio needs one that does"
        )
    return float(excess.mean() / shortfall * SESSIONS_PER_YEAR**0.5)


def calmar(returns: "Series") -> float:
    """Calmar ratio: compound annual growth over the depth of the largest drawdown.

    ``((Π (1 + r))^{252 / n} - 1) / |depth|``, both over the whole history, not the last three years.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Simple daily returns. NaN days are left out, of n as well.

    Returns
    -------
    float
        Per year.

    Raises
    ------
    ValueError
        As `max_drawdown`; when there is no drawdown.

    References
    ----------
    Young (1991), *Futures* 20.
    """
    depth = max_drawdown(returns).depth
    if depth == 0:
        raise ValueError("returns have no drawdown: a Calmar ratio needs one")
    values = known(returns, "returns")
    return float((np.prod(1 + values) ** (SESSIONS_PER_YEAR / len(values)) - 1) / -depth)


def hit_rate(returns: "Series") -> float:
    """Share of days with a gain among the days with a gain or a loss.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Returns of any kind. NaN days and days of exactly zero are left out.

    Returns
    -------
    float
        From 0 to 1. It says nothing about size: the seller of insurance wins on most days.

    Raises
    ------
    ValueError
        As `values_of`; when every return is zero.

    References
    ----------
    The "batting average" of Grinold and Kahn (2000), by day.
    """
    values = known(returns, "returns", at_least=1)
    if not values.any():
        raise ValueError(f"all {len(values)} returns are zero: a hit rate needs a gain or a loss")
    return float((values > 0).sum() / (values != 0).sum())


def _excess(returns: "Series", less: "Series | float", name: str) -> np.ndarray:
    known(returns, "returns")
    own, other = side_by_side(("returns", name), returns, less)
    return known(own - other, "returns")
