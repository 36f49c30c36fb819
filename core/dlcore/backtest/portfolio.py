"""From scores to weights: the best and the worst, in tranches that overlap.

In come scores `(date, asset)`, out come weights on the same axes. Each day's decision gets one part in `horizon` of the
capital and keeps it for `horizon` days, so that a five-day forecast is held for five days without a day of the week
being chosen (Jegadeesh and Titman, *Journal of Finance* 1993).
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def overlapping_weights(
    scores: "xr.DataArray",
    top: int = 50,
    horizon: int = 5,
    threshold: float | None = None,
    *,
    bottom: int | None = None,
    universe: "xr.DataArray | None" = None,
) -> "xr.DataArray":
    """Weights that hold each day's best names, and short its worst, for `horizon` days.

    Parameters
    ----------
    scores : DataArray (date, asset)
        Higher is better; NaN is no opinion. Of equal scores the asset that comes first counts as better.
    top : int
        Names bought each day.
    horizon : int
        Days a decision is held, counted in dates of `scores`.
    threshold : float, optional
        For scores that are probabilities: only names at or above it are bought, only names at or below
        1 − `threshold` sold.
    bottom : int, optional
        Names sold short each day; none without it.
    universe : DataArray of bool (date, asset), optional
        Scores count only where it is True. It has the dates and assets of the scores at least.

    Returns
    -------
    DataArray (date, asset)
        `weight`, never NaN. With `top` alone a full tranche is long 1; with `bottom` too it is long ½ and short ½. A
        name never gets more than its part of a full tranche: where names are too few (then both sides share them in
        proportion), below the threshold, or a date has no scores, that part stays in cash.

    Raises
    ------
    ValueError, TypeError
        For other dims, infinite scores, `top` and `bottom` beyond the number of assets, a threshold outside [.5, 1) or
        with scores that are no probabilities, and a universe that lacks dates or assets.

    Examples
    --------
    The best of three names is bought each day and held for two; each decision gets half of the book.

    >>> import xarray as xr
    >>> from dlcore.backtest import overlapping_weights
    >>> axes = {"date": [1, 2, 3], "asset": ["a", "b", "c"]}
    >>> scores = xr.DataArray([[0.9, 0.2, 0.1], [0.8, 0.3, 0.1], [0.1, 0.7, 0.2]], axes)
    >>> overlapping_weights(scores, top=1, horizon=2).values
    array([[0.5, 0. , 0. ],
           [1. , 0. , 0. ],
           [0.5, 0.5, 0. ]])
    """
    import xarray as xr

    from dlcore.backtest.selection import choose, overlap
    from dlcore.features.kernels.blocks import in_blocks
    from dlcore.features.kernels.ranks import order_rows

    values = _scores(scores, universe)  # (T, N)
    low = bottom or 0
    _check(values, top, horizon, threshold, bottom)
    sides = np.empty(values.shape, np.int8)
    limits = (-np.inf, np.inf) if threshold is None else (threshold, 1 - threshold)
    in_blocks(values.shape, lambda t: choose(values[t], order_rows(values[t]), top, low, *limits, sides[t]))
    weights = np.empty(values.shape)
    share = 0.5 if low else 1.0
    overlap(sides, horizon, share / top, share / max(low, 1), weights)
    plain = scores.transpose("date", "asset")
    attrs = {} if universe is None else {"universe": "by date: only members of the day were chosen"}
    return xr.DataArray(weights, {axis: plain[axis] for axis in plain.dims}, plain.dims, "weight", attrs)


def _scores(scores: "xr.DataArray", universe: "xr.DataArray | None") -> np.ndarray:
    """Scores as a matrix, NaN outside the universe."""
    import xarray as xr

    for name, given in (("scores", scores), ("universe", universe)):
        if given is not None and (not isinstance(given, xr.DataArray) or set(given.dims) != {"date", "asset"}):
            what = given.dims if isinstance(given, xr.DataArray) else type(given).__name__
            raise TypeError(f"{name}={what} is not allowed: give a DataArray over (date, asset)")
    values = np.ascontiguousarray(scores.transpose("date", "asset").to_numpy(), dtype=np.float64)
    if np.isinf(values).any():
        raise ValueError(f"score={values[np.isinf(values)][0]} is not allowed: give finite numbers, or NaN for none")
    if universe is None:
        return values
    if universe.dtype != bool:
        raise ValueError(f"universe of dtype {universe.dtype} is not allowed: give booleans")
    for axis in ("date", "asset"):
        if not scores.indexes[axis].isin(universe.indexes[axis]).all():
            raise ValueError(f"the universe lacks a {axis} of the scores: make it with member_mask of their panel")
    member = universe.sel(date=scores["date"], asset=scores["asset"]).transpose("date", "asset")
    return np.where(member.to_numpy(), values, np.nan)


def _check(values: np.ndarray, top: int, horizon: int, threshold: float | None, bottom: int | None) -> None:
    assets = values.shape[1]
    for name, value in (("top", top), ("horizon", horizon), ("bottom", 1 if bottom is None else bottom)):
        if value != int(value) or value < 1:
            raise ValueError(f"{name}={value} is not allowed: give an integer ≥ 1")
    if top + (bottom or 0) > assets:
        asked = f"top={top}" if bottom is None else f"top={top} and bottom={bottom}"
        raise ValueError(f"{asked} of {assets} assets is not allowed: give at most {assets} together")
    if threshold is None:
        return
    if not 0.5 <= threshold < 1:
        raise ValueError(f"threshold={threshold} is not allowed: give a probability from 0.5 to below 1")
    if ((values < 0) | (values > 1)).any():
        stray = values[(values < 0) | (values > 1)][0]
        raise ValueError(f"score={stray:g} is no probability: give scores from 0 to 1, or threshold=None")
