"""Volatility of days, weeks and months: Corsi's regression, refitted as time goes by.

In come measured daily variances; out come forecasts of the next days' variance. A fit at t takes only those days whose
whole horizon has passed by t.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.risk.series import checked_count, checked_series, on_own_days, same_axes

if TYPE_CHECKING:
    import xarray as xr

SPANS = (1, 5, 22)  # a day, a week, a month of sessions


def har_variance(
    measured: "xr.DataArray",
    *,
    target: "xr.DataArray | None" = None,
    horizon: int = 1,
    least: int = 500,
    refit: int = 21,
) -> "xr.DataArray":
    """Forecast the variance by its means over the last day, week and month.

    ``y_{t+1} + … + y_{t+h} = b₀ + b₁ v_t + b₂ mean(v, 5) + b₃ mean(v, 22) + ε``, least squares over all days so far.

    Parameters
    ----------
    measured : DataArray (date,) or (date, asset)
        v: daily variances ≥ 0, such as `range_variance` or squared returns; a day with NaN is skipped, and no forecast
        is made on it.
    target : DataArray, same axes, optional
        y: the daily variance that is forecast, `measured` itself if not given. Squared returns here and ranges there
        join a precise view of the past to an unbiased aim. A day on which either is NaN is skipped.
    horizon : int
        h: days whose variance is asked for, taken together.
    least : int
        Rows of the regression before the first fit; at least 30.
    refit : int
        Days from fit to fit.

    Returns
    -------
    DataArray, same axes
        Sum of the target over the asset's next `horizon` days. A forecast outside the range of what was fitted (a line
        may go below zero) becomes the mean of what was fitted; attrs["replaced"] counts them. NaN before the first fit.

    Notes
    -----
    Corsi, "A simple approximate long-memory model of realized volatility", Journal of Financial Econometrics 7 (2009);
    the replacement: Bollerslev, Patton & Quaedvlieg, Journal of Econometrics 192 (2016), after Swanson & White.
    """
    horizon, refit = checked_count(horizon, "horizon"), checked_count(refit, "refit")
    least, measured = checked_count(least, "least", 30), checked_series(measured, "measured")
    target = measured if target is None else checked_series(target, "target")
    for name, values in (("measured", measured), ("target", target)):
        if (values < 0).any():
            raise ValueError(f"{name}={float(values.min()):g} is not allowed: give variances ≥ 0, or NaN")
    replaced: list[int] = []

    def forecast(past: np.ndarray, aim: np.ndarray) -> np.ndarray:
        result = np.full(len(past), np.nan)
        if len(past) < SPANS[-1] + horizon:
            return result
        rows, sums = _regression(past, aim, horizon)  # row i is known at day i + 21, its sum `horizon` days later
        for known in range(least, len(sums) + 1, refit):
            weights = np.linalg.lstsq(rows[:known], sums[:known], rcond=None)[0]  # (4,)
            now = slice(known - 1 + horizon, known - 1 + horizon + refit)
            values = rows[now] @ weights
            wild = (values < sums[:known].min()) | (values > sums[:known].max())
            replaced.append(int(wild.sum()))
            result[SPANS[-1] - 1 :][now] = np.where(wild, sums[:known].mean(), values)
        return result

    same_axes(measured, target)
    both = measured.copy(data=np.where(np.isfinite(target), measured, np.nan))
    variance = on_own_days(forecast, both, target)[0].rename("variance").drop_attrs()
    return variance.assign_attrs(replaced=sum(replaced))


def _regression(past: np.ndarray, aim: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n - 21, 4) of one, day, week, month; the sums (n - 21 - horizon,) that have passed."""
    windows = np.lib.stride_tricks.sliding_window_view
    n = len(past) - SPANS[-1] + 1
    means = [windows(past, span).mean(axis=-1)[-n:] for span in SPANS]  # each (n,), ending at the same day
    return np.column_stack([np.ones(n), *means]), windows(aim[SPANS[-1] :], horizon).sum(axis=-1)
