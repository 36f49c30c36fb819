"""From a list of members and a list of changes to intervals of membership.

In come today's members and who came and went on which date; out come intervals of the form that `read_membership` has.
The changes are undone from the newest to the oldest; what they do not explain is listed, not mended.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def membership_intervals(members: "pd.DataFrame", changes: "pd.DataFrame") -> "tuple[pd.DataFrame, list[str]]":
    """Undo changes, one date after another.

    Parameters
    ----------
    members : DataFrame
        `ticker` and `date_added` (NaT where it is not known) of today's members.
    changes : DataFrame
        `date`, `added` and `removed`: tickers that came and went at the open of that date, empty where nobody did.

    Returns
    -------
    intervals : DataFrame
        `ticker`, `start_date`, `end_date` (NaT: still a member), sorted. None begins before the first change: who had
        left by then is not known, so that a mask would show survivors only.
    unexplained : list of str
        Changes that do not fit: a ticker that is added and is no member afterwards, or removed and still one. Most are
        renamed companies; a renamed member counts from its `date_added`.
    """
    import pandas as pd

    members_since = dict(zip(members["ticker"], members["date_added"], strict=True))
    # ticker → end of the interval whose start is looked for; dates are Any, as pandas' own types have NaT apart
    until: dict[str, Any] = dict.fromkeys(members_since, pd.NaT)
    found: list[tuple[str, Any, Any]] = []
    unexplained: list[str] = []
    for date, day in sorted(changes.groupby("date"), reverse=True):
        for ticker in day["added"][day["added"] != ""]:
            if ticker in until:
                found.append((ticker, date, until.pop(ticker)))
            else:
                unexplained.append(f"{date:%F} {ticker} added, no member afterwards")
        for ticker in day["removed"][day["removed"] != ""]:
            if ticker in until:
                unexplained.append(f"{date:%F} {ticker} removed, a member afterwards")
            else:
                until[ticker] = date
    first = changes["date"].min()
    for ticker, end in until.items():
        since = members_since.get(ticker, pd.NaT) if pd.isna(end) else pd.NaT
        found.append((ticker, first if pd.isna(since) else max(first, since), end))
    rows: Any = pd.DataFrame(found, columns=pd.Index(["ticker", "start_date", "end_date"]))
    rows["end_date"] = pd.to_datetime(rows["end_date"])
    rows = rows[~(rows["end_date"] <= rows["start_date"])]  # gone on the first date of all
    return rows.sort_values(["ticker", "start_date"], ignore_index=True), unexplained
