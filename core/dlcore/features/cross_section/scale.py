"""Values of one date in units of that date, and values of one date without their outliers."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.cross_section.rows import inside

if TYPE_CHECKING:
    import xarray as xr

NORMAL = 1.4826  # the standard deviation of a normal over its median absolute deviation


def cross_sectional_zscore(values: "xr.DataArray", universe: "xr.DataArray | None" = None) -> "xr.DataArray":
    """Distance from the date's mean in units of the date's standard deviation (ddof 0).

    Parameters
    ----------
    values : DataArray (date, asset)
        NaN is "no value".
    universe : DataArray of bool (date, asset), optional
        Who is counted; all that have a value without it.

    Returns
    -------
    DataArray (date, asset)
        Mean 0 and mean square 1 on each date. NaN outside the universe, without a value, and on dates with fewer than
        two values or with equal values only.

    Raises
    ------
    ValueError
        For other dims, infinite values, or a universe that is not boolean or has other dates or assets.
    """
    rows = inside(values, universe)
    x = rows.to_numpy()  # (T, N)
    known = np.isfinite(x)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)  # (T, 1)
    off = x - np.where(known, x, 0.0).sum(axis=1, keepdims=True) / n
    scale = np.sqrt(np.where(known, off**2, 0.0).sum(axis=1, keepdims=True) / n)
    lowest, highest = (
        f(x, axis=1, keepdims=True, initial=e, where=known) for f, e in ((np.min, np.inf), (np.max, -np.inf))
    )
    return rows.copy(data=off / np.where(highest > lowest, scale, np.nan))  # equal values leave rounding, no scale


def winsorise(values: "xr.DataArray", universe: "xr.DataArray | None" = None, *, tail: float = 0.01) -> "xr.DataArray":
    """Pull each date's extremes in to its quantiles `tail` and ``1 - tail``.

    Parameters
    ----------
    values : DataArray (date, asset)
        NaN is "no value".
    universe : DataArray of bool (date, asset), optional
        Who is counted; all that have a value without it.
    tail : float
        Share of values pulled in on each side, 0 < tail < ½. Quantiles are interpolated linearly, as numpy does.

    Returns
    -------
    DataArray (date, asset)
        In the unit of the values. NaN outside the universe, without a value, and on dates with fewer than two values.

    Raises
    ------
    ValueError
        For a tail out of range, other dims, infinite values, or a universe that is not boolean or has other labels.
    """
    if not 0 < tail < 0.5:
        raise ValueError(f"tail={tail} is not allowed: give a share above 0 and below 0.5")
    rows = inside(values, universe)
    x = rows.to_numpy()
    ordered = np.sort(x, axis=1)  # NaN comes last
    return rows.copy(data=np.clip(x, _quantile(ordered, tail), _quantile(ordered, 1 - tail)))


def winsorise_mad(
    values: "xr.DataArray", universe: "xr.DataArray | None" = None, *, limit: float = 5.0
) -> "xr.DataArray":
    """Pull each date's extremes in to its median ± `limit` robust standard deviations.

    The robust standard deviation is 1.4826 × the median absolute deviation from the median.

    Parameters
    ----------
    values : DataArray (date, asset)
        NaN is "no value".
    universe : DataArray of bool (date, asset), optional
        Who is counted; all that have a value without it.
    limit : float
        Above 0.

    Returns
    -------
    DataArray (date, asset)
        In the unit of the values. NaN outside the universe, without a value, and on dates with fewer than two values.
        Where more than half of a date's values are equal there is no scale, and the date is left as it is.

    Raises
    ------
    ValueError
        For a limit that is not above 0, other dims, infinite values, or a universe that is not boolean or has other
        labels.
    """
    if not 0 < limit < np.inf:
        raise ValueError(f"limit={limit} is not allowed: give a number above 0")
    rows = inside(values, universe)
    x = rows.to_numpy()
    centre = _quantile(np.sort(x, axis=1), 0.5)  # (T, 1)
    scale = NORMAL * _quantile(np.sort(np.abs(x - centre), axis=1), 0.5)
    reach = np.where(scale > 0, limit * scale, np.inf)
    return rows.copy(data=np.clip(x, centre - reach, centre + reach))


def _quantile(ordered: np.ndarray, share: float) -> np.ndarray:
    """Quantile (dates, 1) of sorted rows whose NaNs come last; NaN for rows without values."""
    place = share * np.maximum(np.isfinite(ordered).sum(axis=1, keepdims=True) - 1, 0)  # (T, 1)
    below = np.floor(place).astype(np.intp)
    low, high = (np.take_along_axis(ordered, i, axis=1) for i in (below, np.ceil(place).astype(np.intp)))
    return low + (high - low) * (place - below)
