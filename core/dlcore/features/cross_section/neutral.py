"""Values less what their sector, and other exposures, say: a bet on the stock and not on its group."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.cross_section.rows import inside

if TYPE_CHECKING:
    import xarray as xr


def neutralise(
    values: "xr.DataArray",
    sector: "xr.DataArray",
    universe: "xr.DataArray | None" = None,
    *,
    exposures: "xr.Dataset | None" = None,
) -> "xr.DataArray":
    """What is left of each date's values after least squares on sectors and, where given, continuous exposures.

    Without exposures: each value less the mean of its sector on that date. With them: the residuals of one regression
    a date, on one constant for each sector and one slope for each exposure.

    Parameters
    ----------
    values : DataArray (date, asset)
        NaN is "no value".
    sector : DataArray (asset,)
        Labels, such as ``panel["sector"]``; an asset whose label is "", None or NaN has no sector.
    universe : DataArray of bool (date, asset), optional
        Who is counted; all that have a value without it.
    exposures : Dataset (date, asset), optional
        One variable for each, such as beta or log size. Exposures that repeat one another count once.

    Returns
    -------
    DataArray (date, asset)
        In the unit of the values; mean 0 in each sector, uncorrelated with each exposure. NaN outside the universe,
        without a value, an exposure or a sector, for the only member of a sector on a date, and on dates with no more
        members than sectors and exposures.

    Raises
    ------
    ValueError
        For other dims, infinite values, or a sector, universe or exposure that has other dates or assets.
    """
    from dlcore.features.cross_section.kernels import less_group_mean

    rows = inside(values, universe)
    group, groups = _groups(rows, sector)
    columns = [] if exposures is None else [_exposure(rows, exposures[name]) for name in exposures.data_vars]
    known = [np.isfinite(part) for part in (rows.to_numpy(), *columns)]
    members = np.logical_and.reduce(known) & (group >= 0)
    residuals, *others = (less_group_mean(part, group, groups, members) for part in (rows.to_numpy(), *columns))
    if others:
        residuals = _less_projection(residuals, np.stack(others, axis=-1), [group == g for g in range(groups)])
    return rows.copy(data=residuals)


def _groups(rows: "xr.DataArray", sector: "xr.DataArray") -> tuple[np.ndarray, int]:
    """A number (assets,) for each sector, -1 for none; and how many there are."""
    import pandas as pd

    if sector.dims != ("asset",) or not sector.indexes["asset"].equals(rows.indexes["asset"]):
        raise ValueError(
            f"sector with dims {sector.dims} of {sector.size}: give one label for each asset of the values"
        )
    labels = pd.Series(sector.to_numpy(), dtype=object)
    codes, names = pd.factorize(labels.mask(labels == ""))
    return codes.astype(np.int64), len(names)


def _exposure(rows: "xr.DataArray", exposure: "xr.DataArray") -> np.ndarray:
    for axis in ("date", "asset"):
        if axis not in exposure.indexes or not exposure.indexes[axis].equals(rows.indexes[axis]):
            raise ValueError(f"exposure {exposure.name} and values have different labels on {axis}: give the same")
    return inside(exposure, None).to_numpy()


def _less_projection(values: np.ndarray, exposures: np.ndarray, sectors: list[np.ndarray]) -> np.ndarray:
    """Residuals (dates, assets) of values on exposures (dates, assets, K), all already less their sectors' means."""
    members = np.isfinite(values)
    y, z = np.where(members, values, 0.0), np.where(members[..., None], exposures, 0.0)
    length = np.sqrt((z**2).sum(axis=1, keepdims=True))  # (T, 1, K)
    axes, sizes, _ = np.linalg.svd(z / np.where(length > 0, length, 1.0), full_matrices=False)  # (T, N, K), (T, K)
    used = sizes > 1e-10  # exposures of length 1: a smaller one is a copy of the others
    share = np.where(used, np.einsum("tnk,tn->tk", axes, y), 0.0)
    left = y - np.einsum("tnk,tk->tn", axes, share)
    constants = sum((members[:, one].any(axis=1).astype(int) for one in sectors), start=np.zeros(len(y), int))  # (T,)
    freedom = members.sum(axis=1) - constants - used.sum(axis=1)  # (T,)
    return np.where(members & (freedom > 0)[:, None], left, np.nan)
