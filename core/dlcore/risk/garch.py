"""Volatility that clusters: GARCH(1,1), refitted as time goes by.

In come returns; out come forecasts of the variance, each with parameters fitted on the past only. Every `refit` days
arch maximises the normal likelihood over all returns so far; in between, the recursion runs on with those parameters.
What is fitted once and never again: `fit_garch`, then `next_variances`.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.risk.series import checked_count, checked_series, on_own_days

if TYPE_CHECKING:
    import xarray as xr


class Garch(NamedTuple):
    """``σ²_{t+1} = omega + alpha r²_t + beta σ²_t``, σ² of the first day being `first`."""

    omega: float
    alpha: float
    beta: float
    first: float


def garch_variance(returns: "xr.DataArray", *, horizon: int = 1, least: int = 500, refit: int = 63) -> "xr.DataArray":
    """Forecast the variance by GARCH(1,1) with mean zero and normal shocks.

    Parameters
    ----------
    returns : DataArray (date,) or (date, asset)
        NaN is "did not trade": the recursion stands still, and no forecast is made on it.
    horizon : int
        Days whose variance is asked for, taken together.
    least : int
        Returns of an asset before its first fit; at least 100.
    refit : int
        Returns from fit to fit.

    Returns
    -------
    DataArray, same axes
        Variance of the sum of the asset's next `horizon` returns. NaN before the first fit, and after a fit that did
        not converge until one does; attrs["fits"] and attrs["fits_failed"] count them.

    Notes
    -----
    Bollerslev, "Generalized autoregressive conditional heteroskedasticity", Journal of Econometrics 31 (1986). A normal
    likelihood finds the parameters of fat-tailed shocks too (Bollerslev & Wooldridge, Econometric Reviews 11, 1992).
    """
    horizon, refit = checked_count(horizon, "horizon"), checked_count(refit, "refit")
    least = checked_count(least, "least", 100)
    fits: list[bool] = []

    def forecast(dense: np.ndarray) -> np.ndarray:
        result = np.full(len(dense), np.nan)
        for known in range(least, len(dense) + 1, refit):  # the dates of the fits do not depend on the last date
            model = fit_garch(dense[:known])
            fits.append(model is not None)
            if model is not None:
                days = slice(known - 1, min(known - 1 + refit, len(dense)))
                result[days] = next_variances(dense[: days.stop], model, horizon)[days]
        return result

    variance = on_own_days(forecast, checked_series(returns))[0].rename("variance").drop_attrs()
    return variance.assign_attrs(fits=len(fits), fits_failed=fits.count(False))


def fit_garch(dense: np.ndarray) -> Garch | None:
    """Fit a gapless series (n,) by arch; None where it is constant or arch does not converge."""
    from arch.univariate import GARCH, ZeroMean

    scale = float(np.sqrt((dense**2).mean()))  # arch wants numbers near one; they are scaled back below
    if np.ptp(dense) == 0:
        return None
    model = ZeroMean(dense / scale, volatility=GARCH(1, 0, 1), rescale=False)
    fitted = model.fit(disp="off", show_warning=False)
    if fitted.convergence_flag != 0:
        return None
    omega, alpha, beta = (float(value) for value in fitted.params)
    return Garch(omega * scale**2, alpha, beta, (float(np.asarray(fitted.conditional_volatility)[0]) * scale) ** 2)


def next_variances(returns: np.ndarray, model: Garch, horizon: int = 1) -> np.ndarray:
    """Forecast the variance from parameters that are fitted once, by `fit_garch`.

    Parameters
    ----------
    returns : ndarray (n,)
        Gapless, from the first return of the fit on; it may go on for as long as one likes after the last.
    model : Garch
        What `fit_garch` found. After its last return nothing is learned, before it the parameters know the future.
    horizon : int
        Days whose variance is asked for, taken together.

    Returns
    -------
    ndarray (n,)
        At each day the variance of the sum of the next `horizon` returns.

    Raises
    ------
    ValueError
        For a horizon below 1, and for returns with gaps.
    """
    from scipy.signal import lfilter

    horizon = checked_count(horizon, "horizon")
    if returns.ndim != 1 or not np.isfinite(returns).all():
        raise ValueError(
            f"returns of shape {returns.shape} with {np.sum(~np.isfinite(returns))} gaps are not allowed: give one "
            "asset's own days (n,)"
        )
    kick = model.omega + model.alpha * returns**2  # (n,)
    following, _ = lfilter([1.0], [1.0, -model.beta], kick, zi=[model.beta * model.first])
    expected, together = following, np.zeros_like(following)
    for _ in range(horizon):
        together = together + expected
        expected = model.omega + (model.alpha + model.beta) * expected
    return together
