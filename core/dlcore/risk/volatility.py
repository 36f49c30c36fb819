"""How much it moves: variances measured from bars, and the exponentially weighted forecast.

In come returns or a Panel; out come daily variances of the return from close to close (fraction squared, not
annualised: ``np.sqrt(252 * variance)`` is the annual volatility). A forecast at t is for the asset's next days and uses
nothing later than t; `garch` and `har` hold the two that are fitted.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.risk.series import checked_count, checked_series, checked_share, on_own_days

if TYPE_CHECKING:
    import xarray as xr


ROUNDING = 1e-4  # relative: adjusted prices with four digits may cross by this much


def ewma_variance(returns: "xr.DataArray", *, decay: float = 0.94, horizon: int = 1) -> "xr.DataArray":
    """Forecast the variance by a mean of past squares whose weights fade.

    ``Σ λ^k r²_{t-k} / Σ λ^k`` over the returns there are: no seed to choose, and after some hundred days RiskMetrics'
    recursion ``σ²_{t+1} = λ σ²_t + (1 - λ) r²_t``.

    Parameters
    ----------
    returns : DataArray (date,) or (date, asset)
        NaN is "did not trade": skipped, and no forecast is made on it.
    decay : float
        λ, above 0 and below 1; RiskMetrics' daily one is 0.94.
    horizon : int
        Days whose variance is asked for, taken together. In this model tomorrow's variance is expected to stay.

    Returns
    -------
    DataArray, same axes
        Variance of the sum of the asset's next `horizon` returns; NaN for its first ⌈1 / (1 - λ)⌉ - 1.

    Notes
    -----
    J.P. Morgan/Reuters, RiskMetrics — Technical Document, 4th edition (1996), section 5.2. Returns are taken to have
    mean zero, as there.
    """
    decay, horizon = checked_share(decay, "decay"), checked_count(horizon, "horizon")
    returns = checked_series(returns)
    frame = (returns**2).to_pandas()
    least = int(np.ceil(1 / (1 - decay) - 1e-9))
    mean = frame.ewm(alpha=1 - decay, ignore_na=True, min_periods=least).mean().to_numpy()
    return returns.copy(data=horizon * mean).where(returns.notnull()).rename("variance").drop_attrs()


def range_variance(panel: "xr.Dataset", method: str = "garman_klass") -> "xr.DataArray":
    """Measure each day's variance from its bar: the square of the overnight return, and the range of the day.

    Parameters
    ----------
    panel : Dataset (date, asset)
        With `open`, `high`, `low`, `close`.
    method : {"garman_klass", "parkinson", "rogers_satchell"}
        With h, l, c the logs of high, low and close over the open: ``(h-l)²/2 - (2 log 2 - 1) c²``,
        ``(h-l)² / (4 log 2)``, ``h(h-c) + l(l-c)``.

    Returns
    -------
    DataArray (date, asset)
        Daily variance from the asset's last close to its close, ≥ 0. NaN without a full bar, on its first day, and
        where open or close lie outside of low and high by more than rounding (see `markets.quality`). Ranges seen too
        seldom are too small: on the S&P 500 of `indices`, whose opens repeat the last close, the mean is 0.62
        (Garman–Klass) or 0.71 (Parkinson) of the mean squared return.

    Raises
    ------
    ValueError
        For a field that is missing, or another method.

    Notes
    -----
    Parkinson, Journal of Business 53 (1980); Garman & Klass, ibid., equation 19; Rogers & Satchell, Annals of Applied
    Probability 1 (1991).
    """
    if missing := [name for name in ("open", "high", "low", "close") if name not in panel]:
        raise ValueError(f"the panel has no {missing[0]}: give one with open, high, low and close")
    prices = {name: checked_series(panel[name], name) for name in ("open", "high", "low", "close")}
    bars = {name: price.copy(data=np.log(price.to_numpy())) for name, price in prices.items()}
    high, low, close = (bars[name] - bars["open"] for name in ("high", "low", "close"))
    ranges = {
        "garman_klass": 0.5 * (high - low) ** 2 - (2 * np.log(2) - 1) * close**2,
        "parkinson": (high - low) ** 2 / (4 * np.log(2)),
        "rogers_satchell": high * (high - close) + low * (low - close),
    }
    if method not in ranges:
        raise ValueError(f"method={method!r} is not allowed: give one of {', '.join(ranges)}")
    ordered = (np.maximum(low, -high) <= ROUNDING) & (np.maximum(low - close, close - high) <= ROUNDING)
    last_close = on_own_days(lambda dense: np.concatenate([[np.nan], dense])[: len(dense)], bars["close"])[0]
    variance = ranges[method].clip(0).where(ordered) + (bars["open"] - last_close) ** 2
    return variance.rename("variance").drop_attrs()
