"""Who counted when: from intervals of membership to a mask over dates and assets.

In come intervals (ticker, start, end) and a Panel; out comes True where an asset was a member on that date. A universe
drawn up with today's members has no losers in it: a panel without such a mask is survivorship-biased, and says so.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["member_mask", "read_membership"]

COLUMNS = ("ticker", "start_date", "end_date")


def read_membership(path: str | Path) -> "pd.DataFrame":
    """Read intervals of membership from a CSV file.

    Parameters
    ----------
    path : str or Path
        Columns ``ticker, start_date, end_date``; an empty end means: still a member. A ticker may have several rows.

    Returns
    -------
    DataFrame
        `ticker` (share classes with a dot, BRK.B), `start_date`, `end_date` (NaT where open), sorted.

    Raises
    ------
    ValueError
        For a missing column, an unreadable date, an end that is not after its start, or two intervals of one ticker
        that overlap; the row is named.
    """
    import pandas as pd

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise ValueError(f"{Path(path).name} has no column {missing[0]!r}: give {', '.join(COLUMNS)}")
    rows = pd.DataFrame({"ticker": table["ticker"].str.replace("-", ".").str.strip()})
    for name in COLUMNS[1:]:
        rows[name] = pd.to_datetime(table[name].where(table[name] != ""), errors="coerce", format="%Y-%m-%d")
        unread = rows[name].isna() & ((table[name] != "") | (name == "start_date"))
        if bool(np.any(unread)):
            i = int(np.argmax(unread))
            raise ValueError(f"{Path(path).name}, row {i + 2}: {name} {table[name][i]!r} is no date: give YYYY-MM-DD")
    return _checked(rows.sort_values(["ticker", "start_date"], ignore_index=True), Path(path).name)


def member_mask(panel: "xr.Dataset", intervals: "pd.DataFrame") -> "xr.DataArray":
    """True where an asset of a Panel was a member on the date.

    Parameters
    ----------
    panel : Dataset (date, asset)
        Its axes are used, not its prices: a member that did not trade is True.
    intervals : DataFrame
        As `read_membership` returns it. The start belongs to the interval, the end does not: on its end date a company
        has already left the index at the open.

    Returns
    -------
    DataArray of bool (date, asset)
        attrs["unlisted"] names the panel's assets that no interval mentions; they are False throughout.

    Raises
    ------
    ValueError
        If no asset of the panel is mentioned: the tickers are then written in another way.
    """
    import xarray as xr

    dates = panel["date"].to_numpy()
    assets = [str(name) for name in panel["asset"].to_numpy()]
    mask = np.zeros((len(dates), len(assets)), dtype=bool)  # (T, N)
    place = {name.replace("-", "."): i for i, name in enumerate(assets)}
    for ticker, start, end in intervals[list(COLUMNS)].itertuples(index=False):
        if ticker in place:
            first = dates.searchsorted(np.datetime64(start))
            last = len(dates) if end is None or end != end else dates.searchsorted(np.datetime64(end))
            mask[first:last, place[ticker]] = True
    known = set(intervals["ticker"])
    unlisted = [name for name in assets if name.replace("-", ".") not in known]
    if len(unlisted) == len(assets):
        raise ValueError(
            f"none of the {len(assets)} assets ({assets[0]}, …) is in the membership table: compare tickers"
        )
    coordinates = {"date": dates, "asset": panel["asset"].to_numpy()}
    return xr.DataArray(mask, coordinates, ("date", "asset"), "member", {"unlisted": ", ".join(unlisted) or "none"})


def _checked(rows: "pd.DataFrame", name: str) -> "pd.DataFrame":
    backwards = (rows["end_date"] <= rows["start_date"]).to_numpy()
    same = rows["ticker"].eq(rows["ticker"].shift()).to_numpy()
    before = rows["end_date"].shift()
    overlapping = same & (before.isna() | (before > rows["start_date"])).to_numpy()
    for wrong, what in ((backwards, "ends before it has begun"), (overlapping, "overlaps the interval before it")):
        if wrong.any():
            row = rows.iloc[int(wrong.argmax())]
            raise ValueError(f"{name}: {row['ticker']} from {row['start_date']:%Y-%m-%d} {what}: correct the table")
    return rows
