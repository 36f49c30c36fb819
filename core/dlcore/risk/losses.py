"""Which variance forecast was better, judged by a noisy measurement of what cannot be seen.

In come forecasts and a measured variance; out come losses day by day, and a table of their means over equal days. Both
losses rank forecasts as the true variance would, if the measurement is unbiased for it (Patton 2011).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dlcore.risk.series import ahead, checked_series, same_axes

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def variance_loss(
    forecast: "xr.DataArray", measured: "xr.DataArray", *, horizon: int = 1, loss: str = "qlike"
) -> "xr.DataArray":
    """Hold each forecast to what was measured over the asset's next days.

    Parameters
    ----------
    forecast : DataArray (date,) or (date, asset)
        Variance of the asset's next `horizon` days together, made at t; NaN or 0 is no forecast.
    measured : DataArray, same axes
        Daily variances ≥ 0, unbiased: squared returns, or `range_variance`.
    horizon : int
        Days that the forecast is for.
    loss : {"qlike", "mse"}
        ``log f + m / f``, or ``(m - f)²``. QLIKE is defined at m = 0, moves by a constant with the unit of the returns,
        and is near ``log`` of a variance: compare differences, not ratios.

    Returns
    -------
    DataArray, same axes
        At the day of the forecast; NaN where either side is missing.

    Notes
    -----
    Patton, "Volatility forecast comparison using imperfect volatility proxies", Journal of Econometrics 160 (2011).
    """
    losses = {"qlike": lambda f, m: np.log(f) + m / f, "mse": lambda f, m: (m - f) ** 2}
    if loss not in losses:
        raise ValueError(f"loss={loss!r} is not allowed: give one of {', '.join(losses)}")
    forecast, measured = checked_series(forecast, "forecast"), checked_series(measured, "measured")
    for name, values in (("forecast", forecast), ("measured", measured)):
        if (values < 0).any():
            raise ValueError(f"{name}={float(values.min()):g} is not allowed: variances are ≥ 0, or NaN")
    same_axes(forecast, measured)
    return losses[loss](forecast.where(forecast > 0), ahead(measured, horizon)).rename(loss).drop_attrs()


def variance_table(
    forecasts: "Mapping[str, xr.DataArray]", measured: "xr.DataArray", *, horizon: int = 1
) -> "pd.DataFrame":
    """Mean losses of several forecasts on the days that all of them have.

    Parameters
    ----------
    forecasts : mapping of name to DataArray
        Each as in `variance_loss`.
    measured : DataArray, same axes
        As in `variance_loss`.
    horizon : int
        Days that the forecasts are for.

    Returns
    -------
    DataFrame
        One row for each forecast, the best QLIKE first: `method`, `days` (values compared), `qlike`, `behind` (QLIKE
        above the best), `mse`, `bias` (mean forecast / mean measured). Whether a difference is more than luck is for a
        Diebold–Mariano test of `variance_loss`.

    Raises
    ------
    ValueError
        For no forecast, or no day that all have.
    """
    import pandas as pd

    if not forecasts:
        raise ValueError("no forecasts: give at least one name and its DataArray")
    both = {
        name: [variance_loss(f, measured, horizon=horizon, loss=loss).to_numpy() for loss in ("qlike", "mse")]
        for name, f in forecasts.items()
    }
    shared = np.isfinite(sum(qlike for qlike, _ in both.values()))
    if not shared.any():
        raise ValueError(f"the forecasts share no day with {horizon} measured days after it: give overlapping dates")
    came = ahead(checked_series(measured, "measured"), horizon).to_numpy()[shared].mean()
    rows = [
        (name, int(shared.sum()), qlike[shared].mean(), mse[shared].mean(), _mean(forecasts[name], shared) / came)
        for name, (qlike, mse) in both.items()
    ]
    table = pd.DataFrame(rows, columns=pd.Index(["method", "days", "qlike", "mse", "bias"]))
    table.insert(3, "behind", table["qlike"] - table["qlike"].min())
    return table.sort_values("qlike", ignore_index=True)


def _mean(forecast: "xr.DataArray", shared: np.ndarray) -> float:
    return float(checked_series(forecast, "forecast").to_numpy()[shared].mean())
