"""What is wanted, checked and laid on the axes of the market.

In come weights `(date, asset)`, fractions of net asset value decided at the close of their date; out come a matrix over
the market's assets and, for each session, which of its rows was decided then. A date that is absent, or all NaN, is no
decision: what is held drifts. A NaN among numbers is refused, for it could mean hold, sell or a mistake.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.backtest.market import Market


def align_weights(weights: "xr.DataArray", market: "Market") -> tuple[np.ndarray, np.ndarray]:
    """Check weights and place them on a market's axes.

    Parameters
    ----------
    weights : DataArray (date, asset)
        Dates and assets of the market, some or all, in any order of assets; an absent asset is wanted at 0.
    market : Market
        Where they are traded.

    Returns
    -------
    wanted : array (decisions, assets)
        Finite, except rows that `rows` never names.
    rows : array of int (dates,)
        Row of `wanted` that was decided at the close of the session, -1 where none was.

    Raises
    ------
    ValueError, TypeError
        For other dims, dates or assets that the panel lacks, unsorted dates, infinities, NaN beside numbers.
    """
    import xarray as xr

    if not isinstance(weights, xr.DataArray) or set(weights.dims) != {"date", "asset"}:
        what = weights.dims if isinstance(weights, xr.DataArray) else type(weights).__name__
        raise TypeError(f"weights={what} is not allowed: give a DataArray over (date, asset)")
    places, columns = (
        _places(weights, axis, index) for axis, index in (("date", market.dates), ("asset", market.assets))
    )
    if (np.diff(places) <= 0).any():
        raise ValueError("dates of the weights are not ascending: sort them, and keep each once")
    values = np.ascontiguousarray(weights.transpose("date", "asset").to_numpy(), dtype=np.float64)  # (D, N')
    decided = _decided(values, weights)
    if len(columns) != len(market.assets) or (np.diff(columns) < 0).any():
        wanted = np.zeros((len(values), len(market.assets)))  # (D, N)
        wanted[:, columns] = values
    else:
        wanted = values
    rows = np.full(len(market.dates), -1)
    rows[places[decided]] = np.flatnonzero(decided)
    return wanted, rows


def _places(weights: "xr.DataArray", axis: str, index) -> np.ndarray:
    """Where the market has the labels of one axis of the weights."""
    if axis not in weights.indexes:
        raise ValueError(f"weights have no labels on axis {axis!r}: give the panel's")
    labels = weights.indexes[axis]
    if labels.equals(index):
        return np.arange(len(index))
    if not labels.is_unique:
        raise ValueError(f"weights have {axis} {labels[labels.duplicated()][0]} twice: keep one")
    places = index.get_indexer(labels)
    if (places < 0).any():
        stray = labels[places < 0]
        raise ValueError(f"{axis} {stray[0]} of the weights is not in the panel ({len(stray)} such): drop or rename it")
    return places


def _decided(values: np.ndarray, weights: "xr.DataArray") -> np.ndarray:
    """Rows with numbers in them; anything between all and none of them is refused."""
    finite = np.isfinite(values)
    if finite.all():
        return np.ones(len(values), dtype=bool)
    wrong = ~finite & (np.isinf(values) | finite.any(axis=1, keepdims=True))
    if wrong.any():
        t, i = np.argwhere(wrong)[0]
        date, asset = weights.indexes["date"][t], weights.indexes["asset"][i]
        raise ValueError(
            f"weight={values[t, i]} of {asset} on {date:%F} is not allowed: "
            "give 0 to hold none, a row of NaN to keep all"
        )
    return np.asarray(finite.any(axis=1))
