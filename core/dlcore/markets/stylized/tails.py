"""How large do the largest days get? Kurtosis, the tail index, and quantiles beside a normal sample's.

In come returns (..., n) with time last, out come a number or a line for each series.
"""

from typing import NamedTuple

import numpy as np

from dlcore.markets.stylized.series import checked_lags, deviations, finite_series


class QuantilePairs(NamedTuple):
    """The sorted sample beside the quantiles that a normal sample of its size would have, both (..., n)."""

    normal: np.ndarray
    observed: np.ndarray


def kurtosis(x: np.ndarray) -> np.ndarray:
    """Fourth central moment over the squared second, divided by n: 3 for a normal sample (not the excess).

    Parameters
    ----------
    x : array (..., n)
        Returns. NaN is refused.

    Returns
    -------
    array (...)
        At least 1.

    Raises
    ------
    ValueError
        For missing or infinite values, or a constant series.

    References
    ----------
    Pearson (1905), *Biometrika* 4, β₂.
    """
    d = deviations(x)
    return np.mean(d**4, axis=-1) / np.mean(d**2, axis=-1) ** 2


def tail_index(x: np.ndarray, cut: int) -> np.ndarray:
    """Hill's estimate of α in ``P(|x| > s) ~ s^-α`` from the `cut` largest sizes. Small means fat.

    Parameters
    ----------
    x : array (..., n)
        Returns. NaN is refused.
    cut : int
        How many of the largest ``|x|`` count as tail, 1 ≤ cut < n. The answer depends on it: say which.

    Returns
    -------
    array (...)
        ``1 / mean(log(X_(i) / X_(cut+1)))`` over the cut largest. Moments of order α and above do not exist.

    Raises
    ------
    ValueError
        For missing or infinite values, cut out of range, or a tail of equal or zero sizes.

    References
    ----------
    Hill (1975), *Annals of Statistics* 3.
    """
    x = finite_series(x)
    cut = checked_lags(cut, x.shape[-1], name="cut")
    largest = np.sort(np.abs(x), axis=-1)[..., -cut - 1 :]  # (..., cut + 1), ascending
    if np.any(largest[..., 0] == 0) or np.any(largest[..., 0] == largest[..., -1]):
        raise ValueError(f"cut={cut} is not allowed here: the tail holds zero or only equal sizes, give a smaller cut")
    return 1 / np.mean(np.log(largest[..., 1:] / largest[..., :1]), axis=-1)


def qq(x: np.ndarray) -> QuantilePairs:
    """Quantile against quantile: a straight line of slope 1 where the sample is normal.

    Parameters
    ----------
    x : array (..., n)
        Returns. NaN is refused.

    Returns
    -------
    QuantilePairs
        `observed` is the sorted sample in standard deviations from its mean, `normal` the normal quantiles at
        (i - ½) / n.

    Raises
    ------
    ValueError
        For missing or infinite values, or a constant series.

    References
    ----------
    Wilk and Gnanadesikan (1968), *Biometrika* 55; plotting positions of Hazen.
    """
    from scipy.special import ndtri

    d = deviations(x)
    n = d.shape[-1]
    observed = np.sort(d / np.std(d, axis=-1, keepdims=True), axis=-1)
    normal = np.broadcast_to(ndtri((np.arange(n) + 0.5) / n), observed.shape)
    return QuantilePairs(normal, observed)
