"""Prices in long form: which values a Panel may hold, which days are sessions, and the way from rows to a Panel.

In come rows as a file or a source has them; out come the same rows judged, or a Panel without what it may not hold.
`RULES` is the one place where it is said what a value must be; files and the store both go by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

BARS = ("open", "high", "low", "close")
FIELDS = (*BARS, "volume", "adj_close")
SHOWN = 3  # of the quarantined values, for each reason
UNADJUSTED = "adjusted close / close is not known"
ADJUSTED = "prices times adjustment = adjusted close / close, both as in the {}; volume as reported"
UNKNOWN = (
    "unknown: the file has no adjusted close beside its close, so whether splits and dividends are in its prices "
    "cannot be known from it"
)


@dataclass(frozen=True)
class Rows:
    """Prices in long form: row i is asset ``labels[codes[i]]`` on ``days[i]``, each field an array of as many rows."""

    days: np.ndarray
    labels: list[str]
    codes: np.ndarray
    fields: dict[str, np.ndarray]


@dataclass(frozen=True)
class Rule:
    """What the values of some fields must be: `holds` says of each whether it is so (NaN is), `reason` why not."""

    reason: str
    fields: tuple[str, ...]
    holds: Callable[[np.ndarray], np.ndarray]


RULES = (
    Rule("price is not above 0", (*BARS, "adj_close"), lambda values: ~(values <= 0) | np.isinf(values)),
    Rule("volume is below 0", ("volume",), lambda values: ~(values < 0) | np.isinf(values)),
    Rule("value is infinite", FIELDS, lambda values: ~np.isinf(values)),
)


def closed_reason(calendar: str) -> str:
    """Why a row is taken out whose day is none of the calendar's."""
    return f"day is no session of {calendar}"


def adjustment_factor(adj_close: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Adjusted close / close; NaN where either is missing or not above zero, or the ratio is no number."""
    known = (adj_close > 0) & (close > 0)
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        factor = np.where(known, adj_close, np.nan) / np.where(known, close, np.nan)
    return np.where((factor > 0) & np.isfinite(factor), factor, np.nan)


def join_rows(parts: list[Rows]) -> Rows:
    """One long form of several, NaN where a part lacks a field; labels in the order in which they first appear."""
    labels = list(dict.fromkeys(label for part in parts for label in part.labels))
    number = {label: i for i, label in enumerate(labels)}
    codes = [np.array([number[label] for label in part.labels])[part.codes] for part in parts]
    names = [name for name in FIELDS if any(name in part.fields for part in parts)]
    fields = {
        name: np.concatenate([part.fields.get(name, np.full(len(part.days), np.nan)) for part in parts])
        for name in names
    }
    return Rows(np.concatenate([part.days for part in parts]), labels, np.concatenate(codes), fields)


def place_rows(name: str, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Find the distinct days and the place of each row's day among them.

    Parameters
    ----------
    name : str
        What the rows are from, for the refusals.
    rows : Rows
        One at least.

    Returns
    -------
    days : array of datetime64[D] (days,)
        Ascending.
    row : array of int (rows,)
        Row i lies on ``days[row[i]]``.

    Raises
    ------
    ValueError
        For dates before 1700 or after 2199, and for two rows of one asset and day.
    """
    first, last = rows.days.min(), rows.days.max()
    for day in (first, last):
        if not np.datetime64("1700-01-01") <= day < np.datetime64("2200-01-01"):
            raise ValueError(f"{name}: date {day} is not allowed: give dates from 1700 to 2199")
    since = (rows.days - first).astype(np.int64)  # (rows,) days since the first
    present = np.bincount(since) > 0  # (calendar days,)
    row = (np.cumsum(present) - 1)[since]
    flat = row * len(rows.labels) + rows.codes
    if np.bincount(flat).max() > 1:
        import pandas as pd

        i = int(pd.Series(flat).duplicated().to_numpy().argmax())
        where = f"{rows.days[i]} {rows.labels[rows.codes[i]]}"
        raise ValueError(f"{name}: {where} has two rows: keep one (bars within the day are not read)")
    return first + present.nonzero()[0], row


def open_days(name: str, days: np.ndarray, calendar: str) -> tuple[str, np.ndarray]:
    """Say which days are sessions.

    Parameters
    ----------
    name : str
        What the days are from, for the refusal.
    days : array of datetime64[D] (days,)
        Ascending, distinct.
    calendar : str
        Code of an exchange, or ``auto`` as `FileSettings` explains it.

    Returns
    -------
    calendar : str
        The code, chosen by the days where it was ``auto``.
    is_open : array of bool (days,)
        Sessions of that calendar.

    Raises
    ------
    ValueError
        Where none of the days is one, and for an unknown calendar.
    """
    chosen = _fitting(days) if calendar == "auto" else calendar
    is_open = _open(days, chosen)
    if not is_open.any():
        raise ValueError(f"{name}: none of its {len(days)} dates is a session of {chosen}: name its calendar")
    return chosen, is_open


def panel_of_rows(name: str, rows: Rows, calendar: str, attrs: Mapping[str, str]) -> "xr.Dataset":
    """Make a Panel of rows, without what a Panel may not hold.

    Parameters
    ----------
    name : str
        What the rows are from, for the refusals.
    rows : Rows
        As they come; `close` is there.
    calendar : str
        As for `open_days`.
    attrs : mapping
        Those of the Panel; `adjustment`, `calendar` and `quarantined` are added.

    Returns
    -------
    Dataset (date, asset)
        A checked Panel; with an adjusted close, prices are adjusted and `adjustment` is a field.

    Raises
    ------
    ValueError
        As `place_rows` and `open_days`, and where no close is left.
    """
    from dlcore.markets.panel import check_panel

    days, row = place_rows(name, rows)
    chosen, is_open = open_days(name, days, calendar)
    kept = is_open[row]  # (rows,)
    fields, quarantined = _clean(rows, ~kept, chosen)
    if np.isnan(fields["close"][kept]).all():
        raise ValueError(f"{name} holds no close that a Panel may hold; quarantined: {quarantined}")
    places = (np.cumsum(is_open) - 1)[row[kept]], rows.codes[kept]
    known = {field: values[kept] for field, values in fields.items()}
    adjusted = ADJUSTED.format("file") if "adj_close" in rows.fields else UNKNOWN
    panel = spread_rows(days[is_open], rows.labels, places, known)
    return check_panel(
        panel.assign_attrs({**attrs, "adjustment": adjusted, "calendar": chosen, "quarantined": quarantined})
    )


def spread_rows(
    days: np.ndarray, labels: list[str], places: tuple[np.ndarray, np.ndarray], fields: Mapping[str, np.ndarray]
) -> "xr.Dataset":
    """Scatter rows over (date, asset).

    Parameters
    ----------
    days : array of datetime64[D] (dates,)
        Ascending.
    labels : list of str
        The assets.
    places : pair of int arrays (rows,)
        Date and asset of each row, as positions; each pair once.
    fields : mapping of name to float array (rows,)
        With `adjustment` among them, the four prices are multiplied by it.

    Returns
    -------
    Dataset (date, asset)
        float64, NaN where there is no row; not checked.
    """
    import xarray as xr

    flat = places[0] * len(labels) + places[1]  # row-major places in (date, asset)
    wide = {}
    for field, values in fields.items():
        adjusted = values * fields["adjustment"] if field in BARS and "adjustment" in fields else values
        wide[field] = np.full((len(days), len(labels)), np.nan)
        wide[field].flat[flat] = adjusted
    variables = {field: (("date", "asset"), values) for field, values in wide.items()}
    return xr.Dataset(variables, coords={"date": days.astype("datetime64[ns]"), "asset": np.array(labels)})


def _open(days: np.ndarray, calendar: str) -> np.ndarray:
    from dlcore.markets.calendar import sessions

    return np.isin(days, sessions(str(days[0]), str(days[-1]), calendar).to_numpy().astype("datetime64[D]"))


def _fitting(days: np.ndarray) -> str:
    """The calendar that fits, as `FileSettings` says: a file of New York may hold a few wrong days."""
    if _open(days, "XNYS").mean() >= 0.99:
        return "XNYS"
    return "24/7" if (~np.is_busday(days)).mean() >= 0.1 else "24/5"


def _clean(rows: Rows, closed: np.ndarray, calendar: str) -> tuple[dict[str, np.ndarray], str]:
    """Fields as a Panel has them, prices not yet multiplied, and the list of what is not among them."""
    taken: dict[str, list[str]] = {}  # reason → lines
    fields = dict(rows.fields)

    def take(field: str, bad: np.ndarray, reason: str) -> None:
        """Make values NaN and note where they were."""
        if bad.any():
            taken.setdefault(reason, []).extend(
                f"{rows.days[i]} {rows.labels[rows.codes[i]]} {field} {fields[field][i]:g}" for i in bad.nonzero()[0]
            )
            fields[field] = np.where(bad, np.nan, fields[field])

    for name, values in rows.fields.items():
        take(name, closed & ~np.isnan(values), closed_reason(calendar))
        for rule in RULES:
            if name in rule.fields:
                take(name, ~rule.holds(fields[name]), rule.reason)
    if "adj_close" in fields:
        factor = fields["adjustment"] = adjustment_factor(fields.pop("adj_close"), fields["close"])
        for name in BARS:
            if name in fields:
                take(name, np.isnan(factor) & ~np.isnan(fields[name]), UNADJUSTED)
    return fields, _listed(taken)


def _listed(taken: dict[str, list[str]]) -> str:
    """How many values were taken out, and for each reason the first of them."""
    if not taken:
        return "none"
    reasons = [
        f"{reason}: {len(lines)} ({', '.join(lines[:SHOWN])}{', …' if len(lines) > SHOWN else ''})"
        for reason, lines in taken.items()
    ]
    total = sum(map(len, taken.values()))
    return f"{total} {'value is' if total == 1 else 'values are'} not in the panel; " + "; ".join(reasons)
