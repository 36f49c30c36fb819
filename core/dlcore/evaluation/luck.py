"""How much of a Sharpe ratio is luck: its standard error, its chance of being real, and what the best of many shows.

In come daily returns and the number of configurations tried, out come errors and probabilities. Sharpe ratios are
annual, as `sharpe` gives them; kurtosis is the fourth standardized moment, 3 for a normal, never the excess over it.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.evaluation.series import SESSIONS_PER_YEAR, checked_integer, checked_number, moving

if TYPE_CHECKING:
    from dlcore.evaluation.series import Series

METHODS = ("lo", "mertens")


class Moments(NamedTuple):
    """What the errors of a Sharpe ratio need: days, Sharpe ratio of one day, skewness, kurtosis (3 for a normal)."""

    n: int
    sharpe: float
    skewness: float
    kurtosis: float


def sharpe_standard_error(returns: "Series", *, method: str = "mertens") -> float:
    """Standard error of the annual Sharpe ratio, for days that do not remember one another.

    Lo: ``sqrt((1 + S² / 2) / n)``, right for normal returns. Mertens: ``sqrt((1 - γ₃ S + (γ₄ - 1) / 4 · S²) / n)``,
    right for skewed and fat-tailed ones. S is the Sharpe ratio of one day; the result is times √252.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Excess daily returns. NaN days are left out.
    method : {"mertens", "lo"}
        Which formula.

    Returns
    -------
    float
        In the unit of `sharpe`. Near 1 / √years: 0.5 for four. Returns with memory need `block_bootstrap`.

    Raises
    ------
    ValueError
        As `values_of`; for a constant series, or an unknown method.

    References
    ----------
    Lo (2002), *Financial Analysts Journal* 58, equation 9; Mertens (2002), "Comments on variance of the IID estimator
    in Lo (2002)".
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r} is not allowed: give one of {', '.join(METHODS)}")
    m = _moments(returns)
    if method == "lo":
        m = m._replace(skewness=0.0, kurtosis=3.0)
    return float(np.sqrt(_variance_factor(m) / m.n * SESSIONS_PER_YEAR))


def probabilistic_sharpe(returns: "Series", *, benchmark: float = 0.0) -> float:
    """The probability that the true Sharpe ratio exceeds a benchmark, for one strategy that was not chosen.

    ``Φ((S - S*) √(n - 1) / sqrt(1 - γ₃ S + (γ₄ - 1) / 4 · S²))`` with S, S* the Sharpe ratios of one day.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Excess daily returns. NaN days are left out.
    benchmark : float
        Annual Sharpe ratio to beat.

    Returns
    -------
    float
        From 0 to 1: one minus the p-value of "no better than the benchmark".

    Raises
    ------
    ValueError
        As `sharpe_standard_error`; for a benchmark that is no finite number.

    References
    ----------
    Bailey and López de Prado (2012), *Journal of Risk* 15, equation 11. Their γ₄ is 3 for a normal: software that
    hands the formula an excess kurtosis, or subtracts 3 from one, is too sure of fat-tailed returns.
    """
    return _probability(_moments(returns), checked_number(benchmark, "benchmark") / SESSIONS_PER_YEAR**0.5)


def expected_maximum_sharpe(*, trials: int, variance: float) -> float:
    """The Sharpe ratio that the best of many worthless configurations is expected to show.

    ``√V ((1 - γ) Φ⁻¹(1 - 1/N) + γ Φ⁻¹(1 - 1/(N e)))`` with γ = 0.5772…, Euler's constant.

    Parameters
    ----------
    trials : int
        N, how many *independent* configurations were tried; 1 gives 0.
    variance : float
        V, the variance of their Sharpe ratios, ≥ 0.

    Returns
    -------
    float
        In the unit of √V: annual for annual Sharpe ratios. An approximation from extreme values: 9 % low at two
        trials, 2 to 3 % high at five and ten, 1 % high at a hundred.

    Raises
    ------
    ValueError
        For trials below 1, or a negative variance.

    References
    ----------
    Bailey and López de Prado (2014), *Journal of Portfolio Management* 40, equation 1.
    """
    from scipy.special import ndtri

    n = checked_integer(trials, "trials", at_least=1)
    if checked_number(variance, "variance") < 0:
        raise ValueError(f"variance={variance} is not allowed: give a number ≥ 0")
    if n == 1:
        return 0.0
    return float(variance**0.5 * ((1 - np.euler_gamma) * ndtri(1 - 1 / n) + np.euler_gamma * ndtri(1 - 1 / (n * np.e))))


def deflated_sharpe(returns: "Series", *, trials: int, variance: float) -> float:
    """The probability that the chosen strategy's Sharpe ratio exceeds what the best of the trials shows by luck.

    `probabilistic_sharpe` with `expected_maximum_sharpe` as benchmark.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Excess daily returns of the strategy that was chosen. NaN days are left out.
    trials : int
        How many configurations were ever tried. Similar ones count less: give the number of clusters if you know it.
    variance : float
        Of the *annual* Sharpe ratios of all trials (ddof 1).

    Returns
    -------
    float
        From 0 to 1; above .95 is what one may call found.

    Raises
    ------
    ValueError
        As `probabilistic_sharpe` and `expected_maximum_sharpe`.

    References
    ----------
    Bailey and López de Prado (2014), *Journal of Portfolio Management* 40, equation 2.

    Examples
    --------
    The same returns, once as the only thing that was tried and once as the best of a hundred:

    >>> import numpy as np
    >>> from dlcore.evaluation import deflated_sharpe, sharpe
    >>> returns = np.random.default_rng(8).normal(0.0006, 0.01, size=1008)
    >>> round(sharpe(returns), 2)
    0.56
    >>> [round(deflated_sharpe(returns, trials=n, variance=0.25), 2) for n in (1, 100)]
    [0.87, 0.08]
    """
    return probabilistic_sharpe(returns, benchmark=expected_maximum_sharpe(trials=trials, variance=variance))


def _moments(returns: "Series") -> Moments:
    x = moving(returns, "returns")
    z = (x - x.mean()) / x.std()  # ddof 0, as the standardized moments are defined
    return Moments(len(x), float(x.mean() / x.std(ddof=1)), float(np.mean(z**3)), float(np.mean(z**4)))


def _variance_factor(m: Moments) -> float:
    """n times the variance of the daily Sharpe ratio; not negative, since γ₄ ≥ 1 + γ₃²."""
    return 1 - m.skewness * m.sharpe + (m.kurtosis - 1) / 4 * m.sharpe**2


def _probability(m: Moments, benchmark: float) -> float:
    from scipy.special import ndtr

    return float(ndtr((m.sharpe - benchmark) * (m.n - 1) ** 0.5 / _variance_factor(m) ** 0.5))
