"""Who takes part on each date: values inside the universe, NaN elsewhere, refused where they are no such thing."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.labelled import member

if TYPE_CHECKING:
    import xarray as xr


def inside(values: "xr.DataArray", universe: "xr.DataArray | None") -> "xr.DataArray":
    """A copy of the values, NaN outside the universe and on dates with fewer than two values.

    Parameters
    ----------
    values : DataArray (date, asset)
        In either order; NaN is "no value".
    universe : DataArray of bool (date, asset) or None
        True where an asset may be counted; None counts all that have a value.

    Returns
    -------
    DataArray (date, asset)
        float64, C order, in this order of dims.

    Raises
    ------
    ValueError
        For other dims, infinite values, or a universe that is not boolean or has other dates or assets.
    """
    if set(values.dims) != {"date", "asset"}:
        raise ValueError(f"values with dims {values.dims} are not allowed: give (date, asset)")
    values = values.transpose("date", "asset").astype(np.float64)
    rows = np.ascontiguousarray(values.to_numpy())
    if np.isinf(rows).any():
        t, j = (int(i) for i in np.argwhere(np.isinf(rows))[0])
        where = f"{str(values['date'].to_numpy()[t])[:10]}, {values['asset'].to_numpy()[j]}"
        raise ValueError(f"value {rows[t, j]} at ({where}) is not allowed: give finite numbers or NaN")
    if universe is not None:
        rows = np.where(member(universe, values), rows, np.nan)
    alone = np.isfinite(rows).sum(axis=1) < 2  # (T,)
    return values.copy(data=np.where(alone[:, None], np.nan, rows))
