"""How much of each: from sides, scores or forecasts to weights, known at the close of their date.

In come DataArrays `(date, asset)`, out come weights on the same axes, as `run_vectorized` and `run_events` want them. A
row of NaN is no decision: the past that a rule needs was not there yet. An asset with fewer than half of the window's
returns has no known risk and is not held.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

SESSIONS_PER_YEAR = 252


def equal_weights(sides: "xr.DataArray") -> "xr.DataArray":
    """The same weight for each chosen asset.

    Parameters
    ----------
    sides : DataArray (date, asset)
        The sign chooses: above 0 long, below 0 short, 0 or NaN not at all. Booleans are fine.

    Returns
    -------
    DataArray (date, asset)
        `weight`; absolute values sum to 1, or to 0 where nothing is chosen.
    """
    return _scaled_to_one(sides, np.sign(np.nan_to_num(_matrix(sides, "sides"))))


def score_weights(scores: "xr.DataArray", *, side: str = "both") -> "xr.DataArray":
    """Weights in proportion to scores.

    Parameters
    ----------
    scores : DataArray (date, asset)
        Higher is better; NaN is no opinion and gets 0.
    side : {"both", "long"}
        "both": distance from the day's mean score, so that longs equal shorts. "long": scores above 0 alone.

    Returns
    -------
    DataArray (date, asset)
        `weight`; absolute values sum to 1, or to 0 where all scores are equal or none is above 0.
    """
    values = _matrix(scores, "scores")
    if side == "long":
        return _scaled_to_one(scores, np.clip(np.nan_to_num(values), 0, None))
    if side != "both":
        raise ValueError(f"side={side!r} is not allowed: give 'both' or 'long'")
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    away = np.where(known, values - np.nansum(values, axis=1, keepdims=True) / np.maximum(count, 1), 0)
    noise = 1e-12 * np.nanmax(np.abs(values), axis=1, keepdims=True, initial=0)
    return _scaled_to_one(scores, np.where(np.abs(away) > noise, away, 0))


def volatility_target(
    weights: "xr.DataArray", panel: "xr.Dataset", *, target: float = 0.1, window: int = 60, leverage: float = 1.0
) -> "xr.DataArray":
    """Scale each day's weights to a volatility.

    Parameters
    ----------
    weights : DataArray (date, asset)
        Any weights; their proportions stay.
    panel : Dataset (date, asset)
        Has their dates and assets at least.
    target : float
        Annualised standard deviation wanted. The forecast is that of today's weights over the last `window` returns.
    window : int
        Sessions.
    leverage : float
        Largest sum of absolute weights.

    Returns
    -------
    DataArray (date, asset)
        `weight`; NaN on the first `window` sessions of the panel.
    """
    _check_positive(target=target, leverage=leverage)
    wanted = np.nan_to_num(_matrix(weights, "weights"))
    scaled = np.full(wanted.shape, np.nan)
    for row, past, known in _windows(weights, panel, window):
        held = np.where(known, wanted[row], 0)
        risk = np.std(np.nan_to_num(past) @ held, ddof=1) * SESSIONS_PER_YEAR**0.5
        gross = np.abs(held).sum()
        scaled[row] = held * min(target / risk, leverage / gross) if risk > 0 else 0 * held
    return _labelled(weights, scaled)


def fractional_kelly(
    expected: "xr.DataArray", panel: "xr.Dataset", *, fraction: float = 0.25, window: int = 60, leverage: float = 1.0
) -> "xr.DataArray":
    """A part of what maximises long-run growth: expected return over variance.

    Parameters
    ----------
    expected : DataArray (date, asset)
        Expected simple return of the next session; NaN is no opinion and gets 0.
    panel : Dataset (date, asset)
        Has their dates and assets at least.
    fraction : float
        Of the full Kelly weight (Kelly 1956; Thorp 2006 on why a fraction), in (0, 1]. Assets are taken as
        independent, which overstates what many alike may carry together.
    window : int
        Sessions of the variance.
    leverage : float
        Largest sum of absolute weights; a larger one is scaled down to it.

    Returns
    -------
    DataArray (date, asset)
        `weight`; NaN on the first `window` sessions of the panel.
    """
    _check_positive(leverage=leverage)
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction={fraction} is not allowed: give a number in (0, 1]")
    forecast = np.nan_to_num(_matrix(expected, "expected"))
    sized = np.full(forecast.shape, np.nan)
    for row, past, known in _windows(expected, panel, window):
        variance = np.nanvar(np.where(known, past, 0), axis=0, ddof=1)
        risky = known & (variance > 0)
        held = np.where(risky, fraction * forecast[row] / np.where(risky, variance, 1), 0)
        sized[row] = held * min(1, leverage / max(np.abs(held).sum(), leverage))
    return _labelled(expected, sized)


def risk_parity(chosen: "xr.DataArray", panel: "xr.Dataset", *, window: int = 252) -> "xr.DataArray":
    """Each chosen asset bears the same part of the variance: skfolio's risk budgeting.

    Parameters
    ----------
    chosen : DataArray (date, asset)
        True, or above 0, where an asset may be held. Give the dates of rebalancing alone: each is an optimisation.
    panel : Dataset (date, asset)
        Has their dates and assets at least.
    window : int
        Sessions of the covariance.

    Returns
    -------
    DataArray (date, asset)
        `weight`, long only, sum 1, or 0 where nothing is chosen; NaN on the first `window` sessions of the panel.
    """
    from skfolio import RiskMeasure
    from skfolio.optimization import RiskBudgeting

    wanted = np.nan_to_num(_matrix(chosen, "chosen")) > 0
    sized = np.full(wanted.shape, np.nan)
    for row, past, known in _windows(chosen, panel, window):
        held = np.flatnonzero(wanted[row] & known & (np.nanvar(np.where(known, past, 0), axis=0) > 0))
        sized[row] = 0
        if len(held) == 1:
            sized[row, held] = 1
        elif len(held):
            model = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE)
            sized[row, held] = model.fit(np.nan_to_num(past[:, held])).weights_
    return _labelled(chosen, sized)


def _windows(weights: "xr.DataArray", panel: "xr.Dataset", window: int):
    """For each row with a whole window behind it: the row, returns (window, assets) up to it, and whose are known."""
    from dlcore.markets.panel import check_panel

    if window != int(window) or window < 2:
        raise ValueError(f"window={window} is not allowed: give an integer ≥ 2")
    check_panel(panel)
    for axis in ("date", "asset"):
        stray = weights.indexes[axis].difference(panel.indexes[axis])
        if len(stray):
            raise ValueError(f"{axis} {stray[0]} is not in the panel ({len(stray)} such): drop or rename it")
    close = panel["close"].sel(asset=weights["asset"]).transpose("date", "asset").to_numpy()
    returns = close[1:] / close[:-1] - 1  # (T - 1, N), row t - 1 is the return of session t
    for row, t in enumerate(panel.indexes["date"].get_indexer(weights.indexes["date"])):
        if t >= window:
            past = returns[t - window : t]
            yield row, past, np.isfinite(past).sum(axis=0) >= window / 2


def _matrix(given: "xr.DataArray", name: str) -> np.ndarray:
    """Values (dates, assets); infinities are refused."""
    import xarray as xr

    if not isinstance(given, xr.DataArray) or set(given.dims) != {"date", "asset"}:
        what = given.dims if isinstance(given, xr.DataArray) else type(given).__name__
        raise TypeError(f"{name}={what} is not allowed: give a DataArray over (date, asset)")
    values = given.transpose("date", "asset").to_numpy().astype(np.float64)
    if np.isinf(values).any():
        raise ValueError(f"{name} holds {values[np.isinf(values)][0]}: give finite numbers, or NaN for none")
    return values


def _check_positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name}={value} is not allowed: give a finite number > 0")


def _scaled_to_one(given: "xr.DataArray", raw: np.ndarray) -> "xr.DataArray":
    gross = np.abs(raw).sum(axis=1, keepdims=True)
    return _labelled(given, raw / np.where(gross > 0, gross, 1))


def _labelled(given: "xr.DataArray", values: np.ndarray) -> "xr.DataArray":
    """The axes of what was given, and what it says of its universe."""
    import xarray as xr

    plain = given.transpose("date", "asset")
    attrs = {"universe": given.attrs["universe"]} if "universe" in given.attrs else {}
    return xr.DataArray(values, {axis: plain[axis] for axis in plain.dims}, plain.dims, "weight", attrs)
