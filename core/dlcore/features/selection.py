"""Fewer features that say more: of each pair that moves as one, one goes.

In come features, a Dataset `(date, asset)`, and the training cells of a fold; out come the names of those that stay.
What is not training is not looked at.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["select_by_correlation", "training_cells"]


def select_by_correlation(features: "xr.Dataset", train: "xr.DataArray", keep: int = 19) -> tuple[str, ...]:
    """Drop one of the two most correlated features until `keep` are left.

    Correlations are Pearson's, over the training cells at which all features are known. Of the pair with the largest
    absolute one, that goes whose mean absolute correlation with all others still there is larger; on a tie, the later.

    Parameters
    ----------
    features : Dataset (date, asset)
        float64 variables; NaN is unknown.
    train : DataArray of bool (date, asset) or (date,)
        True where a cell may be looked at, such as `Fold.train`.
    keep : int
        How many stay, from 1 to the number of features.

    Returns
    -------
    tuple of str
        Names in the order of the features.

    Raises
    ------
    ValueError
        For a mask on other labels or without a training cell, another `keep`, fewer than two cells at which all
        features are known, a feature that is constant there.
    """
    names = [str(name) for name in features.data_vars]
    if isinstance(keep, bool) or keep not in range(1, len(names) + 1):
        raise ValueError(f"keep={keep} is not allowed: give an integer from 1 to {len(names)}, the number of features")
    cells = training_cells(features, train)
    table = np.stack([features[name].transpose("date", "asset").to_numpy()[cells] for name in names])  # (F, cells)
    table = table[:, ~np.isnan(table).any(axis=0)]
    if table.shape[1] < 2:
        raise ValueError(f"{table.shape[1]} training cells have all features: give more dates than the warm-up takes")
    if (constant := np.ptp(table, axis=1) == 0).any():
        raise ValueError(f"{names[int(constant.argmax())]} is constant in training: leave it out")
    correlation = np.abs(np.corrcoef(table))  # (F, F)
    np.fill_diagonal(correlation, 0.0)
    left = np.arange(len(names))
    while left.size > keep:
        among = correlation[np.ix_(left, left)]
        first, second = np.unravel_index(np.triu(among, k=1).argmax(), among.shape)
        redundancy = among.mean(axis=1)
        left = np.delete(left, first if redundancy[first] > redundancy[second] else second)
    return tuple(names[i] for i in left)


def training_cells(features: "xr.Dataset", train: "xr.DataArray") -> np.ndarray:
    """The training mask as an array on the axes of the features.

    Parameters
    ----------
    features : Dataset (date, asset)
    train : DataArray of bool (date, asset) or (date,)
        On the same dates, and assets, as the features.

    Returns
    -------
    array of bool (dates, assets)

    Raises
    ------
    TypeError
        For features that are no Dataset, or a mask that is no DataArray.
    ValueError
        For a mask of another dtype, other dims or labels, or without a training cell; features without variables, or
        with other dims.
    """
    import xarray as xr

    if not isinstance(features, xr.Dataset) or not isinstance(train, xr.DataArray):
        raise TypeError("give features as a Dataset (date, asset) and the training cells as a boolean DataArray")
    if not features.data_vars or any(set(x.dims) != {"date", "asset"} for x in features.data_vars.values()):
        raise ValueError("features lack variables over (date, asset): give a Dataset of features")
    if train.dtype != bool or set(train.dims) not in ({"date"}, {"date", "asset"}):
        raise ValueError(f"a mask of {train.dtype} over {train.dims} is not allowed: give bool over (date, asset)")
    for axis in train.dims:
        if not train.indexes[axis].equals(features.indexes[axis]):
            raise ValueError(f"the mask has another axis {axis!r} than the features: give one made for them")
    shape = (features.sizes["date"], features.sizes["asset"])
    rows = train.to_numpy()[:, None] if train.ndim == 1 else train.transpose("date", "asset").to_numpy()
    if not rows.any():
        raise ValueError("the mask has no training cell: give at least one")
    return np.broadcast_to(rows, shape)
