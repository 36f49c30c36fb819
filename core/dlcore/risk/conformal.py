"""Intervals that hold what they promise: conformal prediction, fixed or adapting as time goes by.

In come predictions and outcomes; out come `lower` and `upper` in the same unit. Where the label of t ends only `delay`
sessions later, its residual is known from t + `delay` on and not before: `delay` must therefore be given.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.risk.series import checked_count, checked_series, checked_share, same_axes

if TYPE_CHECKING:
    import xarray as xr


def conformal_quantile(residuals: np.ndarray, coverage: float = 0.9) -> float:
    """The ⌈(n + 1) · coverage⌉-th smallest of n absolute residuals.

    Parameters
    ----------
    residuals : array (...)
        Outcome minus prediction on a calibration set; NaN is left out.
    coverage : float
        Wanted chance that the next outcome lies inside; above 0, below 1.

    Returns
    -------
    float
        Half of the interval's width: exchangeable outcomes lie inside with at least `coverage`, and at most
        1 / (n + 1) more. Infinite where n is too small for any finite promise.

    Notes
    -----
    Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World (2005); Lei et al., "Distribution-free predictive
    inference for regression", Journal of the American Statistical Association 113 (2018), theorem 2.2.

    Examples
    --------
    Nine residuals promise 80 %, the eighth smallest; they are too few to promise 95 %.

    >>> from dlcore.risk import conformal_quantile
    >>> residuals = [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8, 0.9]
    >>> conformal_quantile(residuals, coverage=0.8), conformal_quantile(residuals, coverage=0.95)
    (0.8, inf)
    """
    sizes, coverage = np.abs(np.asarray(residuals, dtype=np.float64)).ravel(), checked_share(coverage, "coverage")
    sizes = np.sort(sizes[~np.isnan(sizes)])
    rank = int(_rank(np.array(len(sizes)), coverage))
    return float(sizes[rank - 1]) if rank <= len(sizes) else float("inf")


def split_conformal(predictions: "xr.DataArray", residuals: np.ndarray, *, coverage: float = 0.9) -> "xr.Dataset":
    """Intervals of one width for all, from a calibration set that lies before.

    Parameters
    ----------
    predictions : DataArray (date,) or (date, asset)
        NaN has no interval.
    residuals : array (...)
        Of the calibration set, all of whose labels end before the first prediction is made.
    coverage : float
        As for `conformal_quantile`.

    Returns
    -------
    Dataset, same axes
        `lower`, `upper`.
    """
    import xarray as xr

    half, middle = conformal_quantile(residuals, coverage), checked_series(predictions, "predictions")
    return xr.Dataset({"lower": middle - half, "upper": middle + half})


def adaptive_conformal(
    predictions: "xr.DataArray",
    outcomes: "xr.DataArray",
    *,
    delay: int,
    window: int = 500,
    coverage: float = 0.9,
    rate: float = 0.005,
) -> "xr.Dataset":
    """Intervals whose level learns from each miss, asset by asset.

    After every outcome that becomes known, ``α ← α + rate · (1 - coverage - miss)``; the interval at t is the conformal
    one at level 1 - α, from the residuals of the last `window` sessions whose outcomes are known at t.

    Parameters
    ----------
    predictions : DataArray (date,) or (date, asset)
        NaN has no interval.
    outcomes : DataArray, same axes
        Label of the decision date; NaN is not known, and teaches nothing.
    delay : int
        Sessions from a decision to the end of its label: h + 1 for `next_open` and `next_close` labels of horizon h.
    window : int
        Sessions of residuals.
    coverage : float
        As for `conformal_quantile`.
    rate : float
        0 is rolling split conformal; the larger, the faster it adapts and the more its widths jump.

    Returns
    -------
    Dataset, same axes
        `lower`, `upper`, and `alpha` (the miscoverage aimed at, which may leave 0 … 1). Infinite where α is near 0 or
        below, of no width where it is 1 or above; NaN until enough residuals for the first finite interval are known.

    Notes
    -----
    Gibbs & Candès, "Adaptive conformal inference under distribution shift", NeurIPS (2021). Over n outcomes the share
    of misses is within (1 + delay · rate) / (n · rate) of 1 - coverage, whatever the market does.
    """
    import xarray as xr

    delay, window = checked_count(delay, "delay"), checked_count(window, "window")
    coverage = checked_share(coverage, "coverage")
    if not 0 <= rate < 1:
        raise ValueError(f"rate={rate!r} is not allowed: give a number from 0 to below 1")
    made, came = checked_series(predictions, "predictions"), checked_series(outcomes, "outcomes")
    same_axes(made, came)
    sizes = np.abs(came.to_numpy() - made.to_numpy()).reshape(len(made), -1)  # (T, N)
    half, alpha = _adapt(np.ascontiguousarray(sizes.T), delay, window, coverage, rate)
    width = made.copy(data=np.maximum(half, 0).T.reshape(made.shape))
    alphas = made.copy(data=alpha.T.reshape(made.shape))
    return xr.Dataset({"lower": made - width, "upper": made + width, "alpha": alphas})


def _adapt(sizes: np.ndarray, delay: int, window: int, coverage: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Half-widths and α (N, T) of absolute residuals (N, T); a half-width of -inf is missed by everything."""
    half, alphas = np.full(sizes.shape, np.nan), np.full(sizes.shape, np.nan)
    alpha = np.full(len(sizes), 1 - coverage)
    for t in range(delay, sizes.shape[1]):
        end = t + 1 - delay  # residuals before this column are known at t
        latest, interval = sizes[:, end - 1], half[:, end - 1]
        taught = np.isfinite(latest) & ~np.isnan(interval)
        alpha = np.where(taught, alpha + rate * (1 - coverage - (latest > interval)), alpha)
        past = np.sort(sizes[:, max(0, end - window) : end], axis=1)  # NaN last
        count = np.isfinite(past).sum(axis=1)  # (N,)
        rank = _rank(count, 1 - alpha).astype(int)
        place = np.clip(rank - 1, 0, past.shape[1] - 1)[:, None]
        found = np.take_along_axis(past, place, axis=1)[:, 0]
        found = np.where(rank > count, np.inf, np.where(rank < 1, -np.inf, found))
        half[:, t] = np.where(_rank(count, coverage) <= count, found, np.nan)
        alphas[:, t] = alpha
    return half, alphas


def _rank(count: np.ndarray, coverage: np.ndarray | float) -> np.ndarray:
    """⌈(n + 1) · coverage⌉, safe against 10 · 0.9 being 9.000000000000002."""
    return np.ceil((count + 1) * coverage - 1e-9)
