"""Label intervals against a date: which are over before it, which reach it.

In come ends `(dates, assets)` and the row of a session, out come masks; these two comparisons are the whole purge. Both
compare dates, never positions, so labels from which sessions were taken out are purged as rightly as whole ones.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def known_before(ends: np.ndarray, dates: np.ndarray, row: int) -> np.ndarray:
    """Labels that are known before a session begins.

    Parameters
    ----------
    ends : array of datetime64 (dates, assets)
        NaT where there is no label.
    dates : array of datetime64 (dates,)
        The sessions, ascending.
    row : int
        Position of the session, 0 ≤ row < dates.

    Returns
    -------
    array of bool (dates, assets)
        False where there is no label.
    """
    return ends < dates[row]


def reaching(ends: np.ndarray, dates: np.ndarray, row: int) -> np.ndarray:
    """Samples that cannot be judged without looking at a session or beyond.

    Parameters
    ----------
    ends, dates
        As in `known_before`.
    row : int
        Position of the session; for the number of dates nothing reaches it.

    Returns
    -------
    array of bool (dates, assets)
        True for labels that end there or later, and for whole dates on which every label does: the few assets without
        a label would be all that is left of such a date.
    """
    if row == len(dates):
        return np.zeros(ends.shape, dtype=bool)
    late = ends >= dates[row]
    left = known_before(ends, dates, row).any(axis=1, keepdims=True)
    return late | (late.any(axis=1, keepdims=True) & ~left)


def check_labels(labels: "xr.Dataset") -> None:
    """Refuse what is no Labels dataset, with the first thing that is wrong.

    Parameters
    ----------
    labels : Dataset
        Any dataset.

    Raises
    ------
    ValueError
        For missing variables, other dims, unsorted dates, a value without its interval or the reverse, an interval that
        ends before it starts or starts before its decision date.
    """
    import pandas as pd

    for name in ("value", "start", "end"):
        if name not in labels:
            raise ValueError(f"labels lack {name!r}: give what forward_return and its like return")
        if set(labels[name].dims) != {"date", "asset"}:
            raise ValueError(f"{name} has dims {labels[name].dims}: give (date, asset)")
    dates = labels.indexes["date"]
    if not isinstance(dates, pd.DatetimeIndex) or not dates.is_monotonic_increasing or not dates.is_unique:
        raise ValueError("the dates of the labels are not ascending and unique: sort them, keep one of each")
    value, start, end = (labels[name].transpose("date", "asset").to_numpy() for name in ("value", "start", "end"))
    known = np.isfinite(value)
    if (known == np.isnat(start)).any() or (known == np.isnat(end)).any():
        raise ValueError("start and end are not NaT exactly where value is NaN: mask all three together")
    if (start[known] > end[known]).any() or (start < dates.to_numpy()[:, None]).any():
        raise ValueError("an interval ends before it starts, or starts before its decision date: check start and end")
