"""The Panel: what flows through the whole library, how it is built from wide frames, and what makes it one.

A Panel is an `xarray.Dataset`. Its variables over `(date, asset)` are float64, NaN means *did not trade*; variables
over `(date,)` alone (`benchmark`, `regime`) are allowed beside them. Dates are sessions of the market named in
`attrs["calendar"]`; attrs also say where the numbers are from.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

PRICES = ("open", "high", "low", "close", "benchmark", "adjustment")
ATTRIBUTES = ("source", "adjustment", "licence", "retrieved_at", "calendar")


def build_panel(
    frames: "Mapping[str, pd.DataFrame]",
    attrs: Mapping[str, object],
    *,
    per_date: "Mapping[str, pd.Series] | None" = None,
    per_asset: "Mapping[str, pd.Series] | None" = None,
) -> "xr.Dataset":
    """Make a Panel of wide frames, one for each field.

    Parameters
    ----------
    frames : mapping of name to DataFrame (dates, assets)
        `close` at least. Frames need not share dates or assets: the Panel has all of them, NaN where a frame is silent.
    attrs : mapping
        `source`, `adjustment`, `licence`, `retrieved_at`, `calendar` at least.
    per_date : mapping of name to Series over dates, optional
        Variables with one value a day, such as `benchmark`.
    per_asset : mapping of name to Series over assets, optional
        Coordinates of the assets, such as `sector`.

    Returns
    -------
    Dataset (date, asset)
        A checked Panel; dates ascending, assets in the order in which they first appear.

    Raises
    ------
    ValueError
        For duplicate dates or assets in a frame, and as `check_panel`.
    """
    import pandas as pd
    import xarray as xr

    _unique_axes(frames)
    dates = pd.DatetimeIndex(
        np.unique(np.concatenate([frame.index.to_numpy("datetime64[ns]") for frame in frames.values()]))
    )
    assets = list(dict.fromkeys(str(name) for frame in frames.values() for name in frame.columns))
    wide = {name: frame.rename(columns=str).reindex(index=dates, columns=assets) for name, frame in frames.items()}
    variables = {name: (("date", "asset"), frame.to_numpy(np.float64, copy=True)) for name, frame in wide.items()}
    daily = {name: (("date",), series.reindex(dates).to_numpy(copy=True)) for name, series in (per_date or {}).items()}
    coords = {name: ("asset", _labels(series.reindex(assets))) for name, series in (per_asset or {}).items()}
    return check_panel(
        xr.Dataset(variables | daily, coords={"date": dates, "asset": np.array(assets)} | coords, attrs=dict(attrs))
    )


def check_panel(dataset: "xr.Dataset") -> "xr.Dataset":
    """Return the dataset if it is a Panel, raise with the first thing that is wrong if it is not.

    Parameters
    ----------
    dataset : Dataset
        Any dataset.

    Returns
    -------
    Dataset
        The same object, unchanged.

    Raises
    ------
    ValueError
        One line: a missing axis, attribute or `close`; empty, unsorted or duplicate dates or assets; dates that are no
        sessions of the calendar; other dims or dtypes; infinities, prices that are not positive, negative volume.
    TypeError
        For anything but an xarray Dataset.
    """
    import xarray as xr

    if not isinstance(dataset, xr.Dataset):
        raise TypeError(f"a {type(dataset).__name__} is no Panel: give an xarray.Dataset over (date, asset)")
    _check_attributes(dataset)
    _check_axes(dataset)
    _check_sessions(dataset)
    for name in dataset.data_vars:
        _check_variable(str(name), dataset[name])
    return dataset


def _labels(series: "pd.Series") -> np.ndarray:
    """Words as numpy strings, anything else as it is."""
    return series.to_numpy(str) if series.dtype == "str" and series.notna().all() else series.to_numpy()


def _unique_axes(frames: "Mapping[str, pd.DataFrame]") -> None:
    """A frame with two rows for one date cannot be reindexed: say so before pandas does."""
    if not frames:
        raise ValueError("no frames: give at least close=DataFrame(dates, assets)")
    for name, frame in frames.items():
        for axis, labels in (("date", frame.index), ("asset", frame.columns)):
            if not labels.is_unique:
                twice = labels[labels.duplicated()][0]
                raise ValueError(f"{name}: {axis} {twice} appears twice: keep one")


def _check_attributes(dataset: "xr.Dataset") -> None:
    missing = [name for name in ATTRIBUTES if not dataset.attrs.get(name)]
    if missing:
        raise ValueError(f"attrs lack {', '.join(missing)}: say where the numbers are from")
    if "close" not in dataset.data_vars:
        raise ValueError(f"variables {sorted(map(str, dataset.data_vars))} lack close: every Panel has it")


def _check_axes(dataset: "xr.Dataset") -> None:
    for axis in ("date", "asset"):
        if axis not in dataset.indexes:
            raise ValueError(f"there is no labelled axis {axis!r}: a Panel has dims (date, asset)")
        labels = dataset.indexes[axis]
        if len(labels) == 0:
            raise ValueError(f"axis {axis!r} is empty: give at least one {axis}")
        if labels.hasnans:
            raise ValueError(f"axis {axis!r} has a missing label: give every {axis} one")
        if not labels.is_unique:
            raise ValueError(f"{axis} {labels[labels.duplicated()][0]} appears twice: keep one")
    dates = dataset.indexes["date"]
    if dates.dtype.kind != "M" or getattr(dates, "tz", None) is not None:
        raise ValueError(f"dates of dtype {dates.dtype} are not allowed: give naive datetime64")
    if not dates.is_monotonic_increasing:
        before = int(np.argmax(np.diff(dates.to_numpy()).astype(np.int64) < 0))
        raise ValueError(f"date {dates[before + 1]} comes after {dates[before]}: sort the dates")


def _check_sessions(dataset: "xr.Dataset") -> None:
    """Daily dates are sessions at midnight; bars within the day (attrs["frequency"]) belong to one."""
    from dlcore.markets.calendar import sessions

    dates = dataset.indexes["date"]
    days = dates if dataset.attrs.get("frequency", "daily") == "daily" else dates.normalize()  # pyright: ignore[reportAttributeAccessIssue] -- datetime64, checked before
    name = str(dataset.attrs["calendar"])
    stray = days[~days.isin(sessions(days[0], days[-1], name))]
    if len(stray):
        raise ValueError(f"date {stray[0]} is no session of {name} ({len(stray)} such): remove it or name its calendar")


def _check_variable(name: str, variable: "xr.DataArray") -> None:
    per_date = variable.dims == ("date",)
    if variable.dims != ("date", "asset") and not per_date:
        raise ValueError(f"{name} has dims {variable.dims}: give (date, asset), or (date,) for one value a day")
    if variable.dtype != np.float64 and not (per_date and variable.dtype.kind in "bi"):
        raise ValueError(f"{name} has dtype {variable.dtype}: give float64")
    values = variable.to_numpy()
    lowest, highest = (extreme.reduce(values, axis=None) for extreme in (np.fmin, np.fmax))  # NaN only where all are
    if name in PRICES and lowest <= 0:
        raise ValueError(
            f"{name} = {_first(variable, values <= 0)} is not allowed: prices are > 0, or NaN for no trade"
        )
    if name == "volume" and lowest < 0:
        raise ValueError(f"volume = {_first(variable, values < 0)} is not allowed: volume is ≥ 0")
    if np.isinf(lowest) or np.isinf(highest):
        raise ValueError(f"{name} = {_first(variable, np.isinf(values))} is not allowed: give finite numbers or NaN")


def _first(variable: "xr.DataArray", bad: np.ndarray) -> str:
    """The first bad value with its place."""
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    where = ", ".join(str(variable[axis].to_numpy()[i])[:19] for axis, i in zip(variable.dims, place, strict=True))
    return f"{variable.to_numpy()[place]} at ({where})"
