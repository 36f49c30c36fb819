"""The place of each asset among those of its date, between -½ and ½."""

from typing import TYPE_CHECKING

from dlcore.features.cross_section.rows import inside

if TYPE_CHECKING:
    import xarray as xr


def cross_sectional_rank(values: "xr.DataArray", universe: "xr.DataArray | None" = None) -> "xr.DataArray":
    """Rank on each date, ``(rank - ½) / n - ½``, the largest value highest.

    Parameters
    ----------
    values : DataArray (date, asset)
        NaN is "no value" and is not counted in n. Equal values share the mean of their ranks.
    universe : DataArray of bool (date, asset), optional
        Who is ranked; all that have a value without it.

    Returns
    -------
    DataArray (date, asset)
        Between -½ and ½, mean 0 on each date. NaN outside the universe, without a value, and on dates with fewer than
        two values.

    Raises
    ------
    ValueError
        For other dims, infinite values, or a universe that is not boolean or has other dates or assets.
    """
    from dlcore.features.kernels.ranks import centred_rank_rows

    rows = inside(values, universe)
    return rows.copy(data=centred_rank_rows(rows.to_numpy()))
