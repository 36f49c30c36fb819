"""What moves together: covariances and correlations that can be inverted, from fewer days than a sample would need.

In come returns; out come matrices `(date, asset, other)`, each from the window that ends at its date, pulled towards a
multiple of the identity as far as Ledoit and Wolf's formula says. Every matrix is symmetric and positive semi-definite
over the assets that it knows.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.risk.series import checked_count, checked_series

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

LABELLED = 40  # assets whose names still fit beside the matrix


class Shrunk(NamedTuple):
    """A covariance (p, p), and how far from 0 (the sample's) to 1 (the identity's multiple) it was pulled."""

    covariance: np.ndarray
    shrinkage: float


def ledoit_wolf(x: np.ndarray) -> Shrunk:
    """Shrink a sample covariance towards the identity times the mean variance.

    Parameters
    ----------
    x : array (n, p)
        n ≥ 2 days of p series, gapless; the means are taken off here.

    Returns
    -------
    Shrunk
        Of the covariance with ddof 0.

    Notes
    -----
    Ledoit & Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of Multivariate
    Analysis 88 (2004), section 3.2; squared norms below are Frobenius norms over p.
    """
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] < 2 or x.shape[1] < 1 or not np.isfinite(x).all():
        raise ValueError(f"x of shape {x.shape} is not allowed: give (n, p), n ≥ 2, p ≥ 1, without missing values")
    n, p = x.shape
    x = x - x.mean(axis=0)
    sample = x.T @ x / n  # (p, p)
    mean_variance = np.trace(sample) / p
    square = (sample**2).sum() / p
    distance = square - mean_variance**2  # of the sample from its target
    error = (((x**2).sum(axis=1) ** 2).mean() / p - square) / n  # of the sample from the truth, as days scatter
    shrinkage = float(np.clip(error / distance, 0, 1)) if distance > 1e-14 * square else 0.0
    covariance = (1 - shrinkage) * sample + shrinkage * mean_variance * np.eye(p)
    return Shrunk((covariance + covariance.T) / 2, shrinkage)


def rolling_covariance(returns: "xr.DataArray", dates: "xr.DataArray", *, window: int = 252) -> "xr.DataArray":
    """Shrunk covariances of the last `window` sessions.

    Parameters
    ----------
    returns : DataArray (date, asset)
        NaN is "did not trade".
    dates : array of dates
        Where a matrix is wanted, such as ``returns["date"][::21]``: one of 500 assets takes 2 MB.
    window : int
        Sessions, the date itself the last of them.

    Returns
    -------
    DataArray (date, asset, other)
        Daily covariance, ddof 0. An asset that did not trade on one session of the window has NaN there with every
        other, and the rest are estimated without it; NaN throughout before the window is full.

    Raises
    ------
    ValueError
        For a date that the returns do not have.
    """
    return _rolling(returns, dates, window, lambda x: ledoit_wolf(x).covariance, "covariance")


def rolling_correlation(returns: "xr.DataArray", dates: "xr.DataArray", *, window: int = 252) -> "xr.DataArray":
    """Shrunk correlations of the last `window` sessions.

    The returns are divided by their standard deviations first, so that all pairs are shrunk alike, and quiet assets not
    more than loud ones.

    Parameters
    ----------
    returns, dates, window
        As for `rolling_covariance`.

    Returns
    -------
    DataArray (date, asset, other)
        1 on the diagonal; NaN as for `rolling_covariance`, and for an asset whose returns are constant.
    """
    return _rolling(returns, dates, window, _correlation, "correlation")


def plot_correlation(correlation: "xr.DataArray") -> "Figure":
    """Draw one correlation matrix, assets with like neighbours beside each other.

    Parameters
    ----------
    correlation : DataArray (asset, other)
        One date of `rolling_correlation`. Assets with NaN are left out.

    Returns
    -------
    Figure
        Ordered by average-linkage clustering of ``1 - correlation``; names up to 40 assets.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    from dlcore.plots import figure

    values = correlation.to_numpy()
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"correlation over {correlation.dims} is not allowed: select one date")
    known = np.flatnonzero(np.isfinite(np.diag(values)))
    if len(known) < 2:
        raise ValueError(f"{len(known)} assets have a correlation: give at least 2")
    apart = squareform(1 - values[np.ix_(known, known)], checks=False)
    order = known[leaves_list(linkage(apart, "average"))]
    drawn, axes = figure(height=6.4)
    image = axes.imshow(values[np.ix_(order, order)], cmap="RdBu_r", vmin=-1, vmax=1)
    drawn.colorbar(image, ax=axes, label="correlation", shrink=0.8)
    names = correlation["asset"].to_numpy()[order] if len(order) <= LABELLED else []
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_title(f"{len(order)} assets, window to {np.datetime_as_string(correlation['date'].to_numpy(), unit='D')}")
    return drawn


def _correlation(x: np.ndarray) -> np.ndarray:
    """Shrunk correlation (p, p) of returns (n, p); NaN for constant ones."""
    moves = np.ptp(x, axis=0) > 0
    result = np.full((x.shape[1], x.shape[1]), np.nan)
    if moves.any():
        shrunk = ledoit_wolf(x[:, moves] / x[:, moves].std(axis=0)).covariance
        np.fill_diagonal(shrunk, 1.0)  # is 1 but for rounding
        result[np.ix_(moves, moves)] = shrunk
    return result


def _rolling(
    returns: "xr.DataArray", dates: "xr.DataArray", window: int, estimate: Callable[[np.ndarray], np.ndarray], name: str
) -> "xr.DataArray":
    import xarray as xr

    window, returns = checked_count(window, "window", 2), checked_series(returns)
    if returns.ndim != 2:
        raise ValueError(f"returns over {returns.dims} are not allowed: give (date, asset)")
    ends = returns.indexes["date"].get_indexer(np.asarray(dates))
    if (ends < 0).any():
        raise ValueError(f"date {np.asarray(dates)[ends < 0][0]} is not among the returns: give dates of theirs")
    values, assets = returns.to_numpy(), returns["asset"].to_numpy()
    result = np.full((len(ends), len(assets), len(assets)), np.nan)  # (dates, N, N)
    for matrix, end in zip(result, ends, strict=True):
        past = values[max(end + 1 - window, 0) : end + 1]
        known = np.isfinite(past).all(axis=0) & (len(past) == window)
        if known.any():
            matrix[np.ix_(known, known)] = estimate(past[:, known])
    coordinates = {"date": returns["date"].to_numpy()[ends], "asset": assets, "other": assets}
    return xr.DataArray(result, coordinates, ("date", "asset", "other"), name)
