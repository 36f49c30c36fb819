"""The cube: features laid out so that every window is one run of memory, and the list of those that are whole.

In come a Dataset of features, and labels and a universe where there are any; out come Windows. This is the only copy
of the features: 505 stocks, 1,259 sessions and 24 features take 61 MB.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dlcore.targets.masks import check_axes, mask_values
from dlcore.windows.samples import Windows

if TYPE_CHECKING:
    import pandas as pd
    import torch
    import xarray as xr


def make_windows(
    features: "xr.Dataset",
    labels: "xr.Dataset | None" = None,
    *,
    length: int = 60,
    universe: "xr.DataArray | None" = None,
    device: "str | torch.device | None" = None,
    further: "Mapping[str, xr.Dataset] | None" = None,
) -> Windows:
    """Lay features out so that every window is one run of memory, and list the windows that are whole.

    Parameters
    ----------
    features : Dataset (date, asset)
        One variable for each feature; NaN during warm-up and where the stock did not trade.
    labels : Dataset (date, asset), optional
        Its `value` becomes the targets; same axes as the features.
    length : int
        Sessions in a window, ≥ 1, the decision date being the last. They are consecutive dates of the features.
    universe : DataArray of bool (date, asset), optional
        No sample where it is False on the decision date; before that membership does not matter.
    device : str or torch.device, optional
        Put cube, samples and targets on it as torch tensors. Without it they are numpy arrays and torch is not needed.
    further : mapping of str to Dataset (date, asset), optional
        Labels that a model may learn beside the first, such as the regime. A sample needs none of them. Folds purge by
        the intervals of `labels` alone, so none of these may end later.

    Returns
    -------
    Windows
        A sample for each date and asset whose window has no NaN in any feature on any session: a window with a gap is
        no sample, nothing is filled. Samples with no target are among them, for they can be scored.

    Raises
    ------
    ValueError
        For features that are not over (date, asset), infinite or too large for float32, no features at all, a length
        that is longer than the dates, labels or a universe on other axes, further labels that end later than `labels`.

    Examples
    --------
    >>> from dlcore.features import build_features
    >>> from dlcore.markets import load_panel
    >>> from dlcore.targets import forward_return
    >>> from dlcore.windows import make_windows
    >>> panel = load_panel("simulated-sp500?assets=10&sessions=60")
    >>> features = build_features(panel, ["log_return_1", "log_return_5"])
    >>> windows = make_windows(features, forward_return(panel), length=20)
    >>> windows.batch([0, -1]).shape  # (batch, length, features), copied out only now
    (2, 20, 2)
    """
    _check_features(features, length)
    dates, assets = (features.indexes[axis] for axis in ("date", "asset"))
    names = tuple(map(str, features.data_vars))
    cube = np.empty((len(assets), len(dates), len(names)), dtype=np.float32)
    for place, name in enumerate(features.data_vars):
        cube[:, :, place] = _float32(features[name].transpose("asset", "date"))
    whole = _whole(np.all(np.isfinite(cube), axis=2).T, length)  # (T, N)
    if universe is not None:
        whole &= mask_values(universe, dates, assets, "universe")
    rows, columns = np.nonzero(whole)
    targets = np.full(len(rows), np.nan, dtype=np.float32)
    if labels is not None:
        targets = _values(labels, dates, assets, "labels")[rows, columns]
    others = {name: _values(other, dates, assets, name)[rows, columns] for name, other in (further or {}).items()}
    for name, other in (further or {}).items():
        _check_ends(labels, other, name)
    samples = columns * len(dates) + rows
    if device is not None:
        import torch

        cube, samples, targets = (torch.from_numpy(array).to(device) for array in (cube, samples, targets))
        others = {name: torch.from_numpy(array).to(device) for name, array in others.items()}
    return Windows(cube, samples, targets, length, dates, assets, names, others)


def _values(labels: "xr.Dataset", dates: "pd.Index", assets: "pd.Index", name: str) -> np.ndarray:
    """What labels say, float32 (dates, assets)."""
    if "value" not in labels:
        raise ValueError(f"{name} with {sorted(map(str, labels.data_vars))} lack 'value': give what targets return")
    check_axes(labels["value"], dates, assets, name)
    return labels["value"].transpose("date", "asset").to_numpy().astype(np.float32)


def _check_ends(labels: "xr.Dataset | None", other: "xr.Dataset", name: str) -> None:
    """A further label that ends after the first one would reach past a purge that only knows the first."""
    if labels is None or "end" not in labels or "end" not in other:
        raise ValueError(f"{name} beside labels without intervals: give both as the functions of targets return them")
    if (later := (other["end"] > labels["end"]).transpose("date", "asset").to_numpy()).any():
        day = str(other["date"].to_numpy()[later.any(axis=1).argmax()])[:10]
        raise ValueError(f"{name} of {day} ends after the label that folds purge by: give a horizon no longer than its")


def _whole(complete: np.ndarray, length: int) -> np.ndarray:
    """Where the last `length` rows are all True, (dates, assets)."""
    rows = np.arange(len(complete))[:, None]
    broken = np.maximum.accumulate(np.where(complete, -1, rows), axis=0)  # latest row with a gap so far
    return rows - broken >= length


def _float32(feature: "xr.DataArray") -> np.ndarray:
    with np.errstate(over="ignore"):
        values = feature.to_numpy().astype(np.float32)
    if np.isinf(values).any():
        raise ValueError(f"feature {feature.name} is infinite in float32: give finite numbers, or NaN")
    return values


def _check_features(features: "xr.Dataset", length: int) -> None:
    if not features.data_vars:
        raise ValueError("there are no features: give a Dataset with at least one variable")
    for name, feature in features.data_vars.items():
        if set(feature.dims) != {"date", "asset"} or feature.dtype.kind not in "fiub":
            raise ValueError(f"feature {name} has dims {feature.dims}, dtype {feature.dtype}: give real (date, asset)")
    if (
        isinstance(length, bool)
        or not isinstance(length, int | np.integer)
        or not 1 <= length <= features.sizes["date"]
    ):
        raise ValueError(
            f"length={length!r} is not allowed: give sessions from 1 to the {features.sizes['date']} of the features"
        )
