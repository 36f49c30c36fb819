"""Does a series come home? Two tests with opposite nulls, and how long the way back takes.

In comes one series; out come small verdicts. ADF's null is "never returns", KPSS's is "always returns": they disagree
by design and agree mostly by accident.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class UnitRootTest:
    """A test of whether a series returns to its mean.

    Attributes
    ----------
    statistic : float
        ADF: negative speaks for return. KPSS: large speaks against it.
    p_value : float
        Under the test's own null.
    lags : int
        Lags that the test used.
    p_is_bound : bool
        True where the table ends: the true p-value lies beyond the one given.
    """

    statistic: float
    p_value: float
    lags: int
    p_is_bound: bool = False


def adf(x: np.ndarray) -> UnitRootTest:
    """Augmented Dickey–Fuller test with a constant, lags by AIC. Null: the series never returns (a unit root).

    Parameters
    ----------
    x : array (n,)
        Levels, not differences. NaN is refused.

    Returns
    -------
    UnitRootTest

    Raises
    ------
    ValueError
        For a wrong shape, missing values, fewer than 20 values, or a constant series.

    References
    ----------
    Said and Dickey (1984), *Biometrika* 71; p-values of MacKinnon (2010) as in statsmodels.
    """
    from statsmodels.tsa.stattools import adfuller

    result: Any = adfuller(_level(x), regression="c", autolag="AIC", result_object=True)
    return UnitRootTest(float(result.statistic), float(result.pvalue), int(result.lags))


def kpss(x: np.ndarray) -> UnitRootTest:
    """KPSS test around a constant, automatic bandwidth. Null: the series always returns.

    Parameters
    ----------
    x : array (n,)
        Levels. NaN is refused.

    Returns
    -------
    UnitRootTest
        The table runs from .10 to .01; at its ends `p_is_bound` is True.

    Raises
    ------
    ValueError
        As `adf`.

    References
    ----------
    Kwiatkowski, Phillips, Schmidt and Shin (1992), *Journal of Econometrics* 54.
    """
    from statsmodels.tools.sm_exceptions import InterpolationWarning
    from statsmodels.tsa.stattools import kpss as reference

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InterpolationWarning)  # said by p_is_bound
        result: Any = reference(_level(x), regression="c", nlags="auto", result_object=True)
    p_value = float(result.pvalue)
    return UnitRootTest(float(result.statistic), p_value, int(result.lags), p_value in (0.01, 0.1))


def half_life(phi: float) -> float:
    """Days until half of a deviation is gone, when a day leaves `phi` of it: ``log ½ / log phi``.

    Parameters
    ----------
    phi : float
        AR(1) coefficient, 0 < phi < 1.

    Returns
    -------
    float
        Days: 34 for .98, 69 for .99.

    Raises
    ------
    ValueError
        For phi out of range.

    References
    ----------
    From ``phi^h = ½``.
    """
    if not 0 < phi < 1:
        raise ValueError(f"phi={phi} is not allowed: give 0 < phi < 1 (at 1 and above nothing returns)")
    return float(np.log(0.5) / np.log(phi))


def _level(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or len(x) < 20:
        raise ValueError(f"x of shape {x.shape} is not allowed: give (n,) with n ≥ 20")
    if not np.isfinite(x).all():
        raise ValueError(f"x holds {int((~np.isfinite(x)).sum())} missing or infinite values: cut to a stretch without")
    if np.ptp(x) == 0:
        raise ValueError(f"x is constant at {x[0]}: give a series that moves")
    return x
