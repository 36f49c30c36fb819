"""Does the past speak? Autocorrelation of returns and of their sizes, two tests of it, and the arrow of time.

In come returns (..., n) with time last, out come correlations and verdicts, one for each series.
"""

from typing import NamedTuple

import numpy as np

from dlcore.markets.stylized.series import checked_lags, deviations, finite_series


class Autocorrelation(NamedTuple):
    """Correlation with one's own past, and two bands that hold 95 % of it when there is none.

    `rho` and `robust_band` are (..., lags) for lags 1 … lags; `iid_band` is one number.
    """

    rho: np.ndarray
    iid_band: float
    robust_band: np.ndarray


class Verdict(NamedTuple):
    """A statistic and the chance of a larger one under the null, both (...)."""

    statistic: np.ndarray
    p_value: np.ndarray


def autocorrelation(x: np.ndarray, lags: int) -> Autocorrelation:
    """Autocorrelation at lags 1 … `lags`, with the textbook band and one that volatility clustering cannot fool.

    ``rho_k = Σ_t d_t d_{t+k} / Σ_t d_t²`` with d = x - mean, so a long echo fades: n - k products over n squares.

    Parameters
    ----------
    x : array (..., n)
        One or many series. NaN is refused.
    lags : int
        Largest lag, 1 ≤ lags < n.

    Returns
    -------
    Autocorrelation
        `iid_band` = 1.96 / √n assumes that today's size knows nothing of the past either. `robust_band` =
        ``1.96 · sqrt(Σ_t d_t² d²_{t+k}) / Σ_t d_t²`` weighs each product by what was really there.

    Raises
    ------
    ValueError
        For missing or infinite values, a constant series, or lags out of range.

    References
    ----------
    Taylor (1984), *Applied Statistics* 33; Lobato, Nankervis and Savin (2001), *International Economic Review* 42.
    """
    d = deviations(x)  # (..., n)
    lags = checked_lags(lags, d.shape[-1])
    power = np.sum(d**2, axis=-1)  # (...)
    squares = d**2
    rho = np.empty((*d.shape[:-1], lags))
    noise = np.empty_like(rho)
    for k in range(1, lags + 1):
        rho[..., k - 1] = np.einsum("...t,...t->...", d[..., :-k], d[..., k:]) / power
        noise[..., k - 1] = np.sqrt(np.einsum("...t,...t->...", squares[..., :-k], squares[..., k:])) / power
    return Autocorrelation(rho, 1.96 / float(np.sqrt(d.shape[-1])), 1.96 * noise)


def ljung_box(x: np.ndarray, lags: int) -> Verdict:
    """The textbook test of "no autocorrelation up to `lags`". It also hears volatility clustering.

    Parameters
    ----------
    x : array (..., n)
        One or many series. NaN is refused.
    lags : int
        How many lags are pooled, 1 ≤ lags < n.

    Returns
    -------
    Verdict
        ``n (n + 2) Σ_k rho_k² / (n - k)``, compared with χ² of `lags` degrees of freedom.

    Raises
    ------
    ValueError
        As `autocorrelation`.

    References
    ----------
    Ljung and Box (1978), *Biometrika* 65.
    """
    rho = autocorrelation(x, lags).rho  # (..., lags)
    n = np.shape(x)[-1]
    k = np.arange(1, rho.shape[-1] + 1)
    return _chi_square(n * (n + 2) * np.sum(rho**2 / (n - k), axis=-1), rho.shape[-1])


def robust_portmanteau(x: np.ndarray, lags: int) -> Verdict:
    """The same question as `ljung_box`, with each lag measured against what its own products could do by chance.

    Parameters
    ----------
    x : array (..., n)
        One or many series. NaN is refused.
    lags : int
        How many lags are pooled, 1 ≤ lags < n.

    Returns
    -------
    Verdict
        ``Σ_k (rho_k / se_k)²`` with the robust se_k of `autocorrelation`, compared with χ² of `lags` degrees of
        freedom.

    Raises
    ------
    ValueError
        As `autocorrelation`.

    References
    ----------
    Lobato, Nankervis and Savin (2001), *International Economic Review* 42, the Q* statistic.
    """
    rho, _, band = autocorrelation(x, lags)
    if np.any(band == 0):
        lag = int(np.argwhere(band == 0)[0, -1]) + 1
        raise ValueError(f"lag {lag} has no products other than zero: give a longer series")
    return _chi_square(np.sum((rho / (band / 1.96)) ** 2, axis=-1), rho.shape[-1])


def volatility_clustering(x: np.ndarray, lags: int) -> Autocorrelation:
    """Autocorrelation of ``|x|``: do loud days stand beside loud days?

    Parameters
    ----------
    x : array (..., n)
        Returns. NaN is refused.
    lags : int
        Largest lag, 1 ≤ lags < n.

    Returns
    -------
    Autocorrelation
        As `autocorrelation`, of the sizes.

    Raises
    ------
    ValueError
        As `autocorrelation`.

    References
    ----------
    Ding, Granger and Engle (1993), *Journal of Empirical Finance* 1.
    """
    return autocorrelation(np.abs(finite_series(x)), lags)


def leverage_correlation(x: np.ndarray, horizon: int = 10) -> np.ndarray:
    """Does a fall come before noise? Mean correlation of today's return with the size of each of the next days'.

    ``1/K Σ_{k=1..K} corr(x_t, |x_{t+k}|)``. The only one of these numbers that knows which way time runs: compare it
    with that of ``x[..., ::-1]``.

    Parameters
    ----------
    x : array (..., n)
        Returns. NaN is refused.
    horizon : int
        K, how many days ahead, 1 ≤ horizon < n - 1.

    Returns
    -------
    array (...)
        Between -1 and 1; negative where falls are followed by larger moves.

    Raises
    ------
    ValueError
        For missing or infinite values, or a horizon out of range.

    References
    ----------
    Bouchaud, Matacz and Potters (2001), *Physical Review Letters* 87, averaged over lags and with ``|x|`` for x².
    """
    x = finite_series(x)
    horizon = checked_lags(horizon, x.shape[-1] - 1, name="horizon")
    size = np.abs(x)
    per_lag = [_correlation(x[..., :-k], size[..., k:]) for k in range(1, horizon + 1)]
    return np.mean(per_lag, axis=0)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = deviations(a), deviations(b)
    cross = np.einsum("...t,...t->...", a, b)
    return cross / np.sqrt(np.sum(a**2, axis=-1) * np.sum(b**2, axis=-1))


def _chi_square(statistic: np.ndarray, freedom: int) -> Verdict:
    from scipy.special import chdtrc

    return Verdict(statistic, chdtrc(freedom, statistic))
