"""Value at risk and expected shortfall: what is lost on a bad day, and on the average of the days beyond it.

In come returns (plain fractions); out come losses, positive numbers in the same unit: a value at risk of 0.03 at level
0.99 says that the next return is below -3 % on one day in a hundred. `rolling_tail` and `filtered_tail` are past-only
forecasts: what stands at t is for the asset's next day and uses nothing later than t.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.risk.series import checked_count, checked_series, checked_share, on_own_days

if TYPE_CHECKING:
    import xarray as xr


class Tail(NamedTuple):
    """Losses (...), positive: the quantile, and the mean of what lies beyond it."""

    value_at_risk: np.ndarray
    expected_shortfall: np.ndarray


def historical_tail(returns: np.ndarray, level: float = 0.99) -> Tail:
    """The past as it was: the k-th worst of n losses, k = ⌈n(1 - level)⌉, and the mean of the worst n(1 - level).

    The next of n + 1 exchangeable losses exceeds the k-th worst with probability k / (n + 1): 0.998 % for n = 500 at
    level 0.99, but 1.195 % for n = 250. Choose n so that n(1 - level) is an integer.

    Parameters
    ----------
    returns : array (..., n)
        Time last, gapless; n ≥ 1 / (1 - level).
    level : float
        Above 0.5, below 1.

    Returns
    -------
    Tail (...)
        The shortfall takes the k-th worst loss with the fraction that fills n(1 - level), and so is coherent.

    Raises
    ------
    ValueError
        For missing values, or too few.

    Notes
    -----
    Acerbi & Tasche, "On the coherence of expected shortfall", Journal of Banking & Finance 26 (2002), definition 2.6.
    """
    losses, level = -_gapless(returns), checked_share(level, "level", 0.5)
    share = losses.shape[-1] * (1 - level)  # how many of the n losses lie beyond
    if share < 1 - 1e-9:
        raise ValueError(
            f"n={losses.shape[-1]} is not allowed at level={level:g}: give at least {np.ceil(1 / (1 - level) - 1e-9):g}"
        )
    worst = int(np.ceil(share - 1e-9))  # 500 * (1 - 0.99) is 5.000000000000004
    beyond = np.partition(losses, -worst, axis=-1)[..., -worst:]  # (..., k), the smallest of them first
    quantile = beyond[..., 0]
    return Tail(quantile, (beyond.sum(axis=-1) - (worst - share) * quantile) / share)


def gaussian_tail(returns: np.ndarray, level: float = 0.99) -> Tail:
    """Normal returns with the sample's mean and standard deviation (ddof 1).

    Parameters
    ----------
    returns : array (..., n)
        Time last, gapless, n ≥ 2.
    level : float
        Above 0.5, below 1.

    Returns
    -------
    Tail (...)
        ``-μ + σ z`` and ``-μ + σ φ(z) / (1 - level)`` with z the normal quantile of `level`.
    """
    from scipy.stats import norm

    x, level = _gapless(returns), checked_share(level, "level", 0.5)
    mean, deviation, z = x.mean(axis=-1), x.std(axis=-1, ddof=1), norm.ppf(level)
    return Tail(-mean + deviation * z, -mean + deviation * norm.pdf(z) / (1 - level))


def cornish_fisher_tail(returns: np.ndarray, level: float = 0.99) -> Tail:
    """A normal quantile bent by the sample's skewness S and excess kurtosis K.

    The expansion is a quantile only where it rises everywhere: ``S²/9 ≤ 4 (K/8 - S²/6)(1 - K/8 + 5S²/36)``. Without
    skewness that is 0 ≤ K ≤ 8; a window that holds a crash often leaves the domain, and then there is no answer.

    Parameters
    ----------
    returns : array (..., n)
        Time last, gapless, n ≥ 2.
    level : float
        Above 0.5, below 1.

    Returns
    -------
    Tail (...)
        NaN outside of the domain, and for constant returns.

    Notes
    -----
    Cornish & Fisher, Revue de l'Institut International de Statistique 5 (1938); domain: Maillard, "A user's guide to
    the Cornish Fisher expansion" (2012). S and K are the sample's moments (biased): near the edge of the domain the
    expansion's own moments differ from them, as Maillard shows.
    """
    from scipy.stats import norm

    x, level = _gapless(returns), checked_share(level, "level", 0.5)
    mean, deviation = x.mean(axis=-1), x.std(axis=-1, ddof=1)
    skewness, kurtosis = _moments(x, mean)
    z = norm.ppf(1 - level)
    bent = z + (z**2 - 1) * skewness / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skewness**2 / 36
    tail = 1 + z * skewness / 6 + (z**2 - 1) * kurtosis / 24 - (2 * z**2 - 1) * skewness**2 / 36
    rises = rises_everywhere(skewness, kurtosis)
    return Tail(
        np.where(rises, -mean - deviation * bent, np.nan),
        np.where(rises, -mean + deviation * tail * norm.pdf(z) / (1 - level), np.nan),  # the integral of the quantile
    )


def rises_everywhere(skewness: np.ndarray, kurtosis: np.ndarray) -> np.ndarray:
    """Whether the Cornish–Fisher quantile with this skewness and excess kurtosis is monotone; False for NaN."""
    square = kurtosis / 8 - skewness**2 / 6  # the derivative is square·z² + (S/3)·z + constant
    constant = 1 - kurtosis / 8 + 5 * skewness**2 / 36
    return (square >= 0) & (constant >= 0) & (skewness**2 / 9 <= 4 * square * constant)


METHODS: dict[str, Callable[..., Tail]] = {
    "historical": historical_tail,
    "gaussian": gaussian_tail,
    "cornish_fisher": cornish_fisher_tail,
}


def rolling_tail(
    returns: "xr.DataArray", *, method: str = "historical", window: int = 500, level: float = 0.99
) -> "xr.Dataset":
    """Forecast tomorrow's tail from the last `window` returns.

    Parameters
    ----------
    returns : DataArray (date,) or (date, asset)
        NaN is "did not trade": the window holds the asset's own last returns.
    method : {"historical", "gaussian", "cornish_fisher"}
        See the functions of that name.
    window : int
        Returns in the window.
    level : float
        Above 0.5, below 1.

    Returns
    -------
    Dataset (date[, asset])
        `value_at_risk`, `expected_shortfall` at t for the asset's next day; NaN before the window is full, on days
        without a return, and where the method has no answer.
    """
    window = checked_count(window, "window", 2)
    if method not in METHODS:
        raise ValueError(f"method={method!r} is not allowed: give one of {', '.join(METHODS)}")
    METHODS[method](np.zeros(window), level)  # refuses a window or level before there are any data

    def forecast(dense: np.ndarray) -> np.ndarray:
        return _over_windows(dense, METHODS[method], window, level)

    return _dataset(on_own_days(forecast, checked_series(returns)))


def filtered_tail(
    returns: "xr.DataArray", variance: "xr.DataArray", *, window: int = 500, level: float = 0.99
) -> "xr.Dataset":
    """Filtered historical simulation: past surprises at today's volatility.

    Each return is divided by the volatility that had been forecast for its day; the historical tail of these is
    multiplied by the forecast made at t.

    Parameters
    ----------
    returns : DataArray (date,) or (date, asset)
        As for `rolling_tail`.
    variance : DataArray, same axes
        Daily variance forecast at t for the asset's next day (`ewma_variance`, `garch_variance`, `har_variance`). NaN
        or 0 is no forecast: neither that day's tail nor the next day's surprise is known.
    window : int
        Surprises in the window.
    level : float
        Above 0.5, below 1.

    Returns
    -------
    Dataset (date[, asset])
        As `rolling_tail`.

    Notes
    -----
    Hull & White, Journal of Risk 1 (1998); Barone-Adesi, Giannopoulos & Vosper, Journal of Futures Markets 19 (1999).
    """
    window = checked_count(window, "window", 2)
    historical_tail(np.zeros(window), level)  # refuses a window or level before there are any data
    variance = checked_series(variance, "variance")
    if (variance < 0).any():
        raise ValueError(f"variance={float(variance.min()):g} is not allowed: give numbers ≥ 0, or NaN")

    def forecast(dense: np.ndarray, variances: np.ndarray) -> np.ndarray:
        scale = np.sqrt(np.where(variances > 0, variances, np.nan))  # (n,), made at each day for the next
        surprises = dense / np.concatenate([[np.nan], scale[:-1]])[: len(dense)]
        known = np.isfinite(surprises)
        result = np.full((2, len(dense)), np.nan)
        result[:, known] = _over_windows(surprises[known], historical_tail, window, level)
        return result * scale

    return _dataset(on_own_days(forecast, checked_series(returns), variance))


def _over_windows(dense: np.ndarray, tail: Callable[..., Tail], window: int, level: float) -> np.ndarray:
    """(2, n): quantile and shortfall of the window that ends at each place, NaN before the first full one."""
    result = np.full((2, len(dense)), np.nan)
    if len(dense) >= window:
        result[:, window - 1 :] = tail(np.lib.stride_tricks.sliding_window_view(dense, window), level)
    return result


def _moments(x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skewness and excess kurtosis (...), biased; NaN for constant returns."""
    from_mean = x - mean[..., None]
    squares = from_mean**2
    variance = squares.mean(axis=-1)
    variance = np.where(np.ptp(x, axis=-1) > 0, variance, np.nan)
    return (squares * from_mean).mean(axis=-1) / variance**1.5, (squares**2).mean(axis=-1) / variance**2 - 3


def _gapless(returns: np.ndarray) -> np.ndarray:
    x = np.asarray(returns, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] < 2:
        raise ValueError(f"returns of shape {x.shape} are not allowed: give (..., n) with n ≥ 2")
    if not np.isfinite(x).all():
        raise ValueError(f"returns hold {int((~np.isfinite(x)).sum())} missing or infinite values: drop them first")
    return x


def _dataset(tail: list["xr.DataArray"]) -> "xr.Dataset":
    import xarray as xr

    return xr.Dataset(dict(zip(Tail._fields, (x.drop_attrs() for x in tail), strict=True)))
