"""The published list of the S&P 500's members and of its changes, read from the page's two tables.

In comes HTML, out come two plain tables; a page that looks otherwise than expected is refused, not guessed at.
"""

from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 400  # members below which the table is another one
UNREAD = 0.1  # share of dates that may be unreadable: people type them


def read_page(html: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Read the tables `constituents` and `changes`.

    Parameters
    ----------
    html : str
        The page "List of S&P 500 companies" of the English Wikipedia.

    Returns
    -------
    members : DataFrame
        `ticker` (share classes with a dot, BRK.B), `security`, `sector`, `date_added` (NaT where it is no date).
    changes : DataFrame
        `date`, `added`, `removed`; empty text where nobody was. Rows without a readable date are left out.

    Raises
    ------
    ValueError
        "the page has changed": a table or a column is missing, there are fewer than 400 members or one twice, no
        changes, or more than a tenth of the changes have no date.
    """
    import pandas as pd

    table = _table(html, "constituents")
    names = {"ticker": "Symbol", "security": "Security", "sector": "GICS Sector", "date_added": "Date added"}
    members = pd.DataFrame({name: _column(table, "constituents", head) for name, head in names.items()})
    members["ticker"] = members["ticker"].str.replace("-", ".")
    members["date_added"] = pd.to_datetime(members["date_added"].str[:10], errors="coerce", format="%Y-%m-%d")
    if len(members) < FEWEST:
        raise ValueError(f"the page has changed: {len(members)} members instead of about 500")
    twice = members.index[members["ticker"].duplicated()]
    if len(twice):
        raise ValueError(f"the page has changed: {members['ticker'][twice[0]]} is there twice")
    table = _table(html, "changes")
    changes = pd.DataFrame(
        {
            "date": pd.to_datetime(_column(table, "changes", "Date"), errors="coerce", format="%B %d, %Y"),
            "added": _column(table, "changes", "Added Ticker").str.replace("-", "."),
            "removed": _column(table, "changes", "Removed Ticker").str.replace("-", "."),
        }
    )
    dated = changes.dropna(subset=["date"])
    unread = len(changes) - len(dated)
    if changes.empty or unread > UNREAD * len(changes):
        raise ValueError(f"the page has changed: {unread} of {len(changes)} changes have no date such as March 1, 2024")
    return members, dated.reset_index(drop=True)


def _table(html: str, name: str) -> "pd.DataFrame":
    """A table by its id, all text, its header in one row."""
    import pandas as pd

    try:
        table = pd.read_html(StringIO(html), attrs={"id": name}, flavor="lxml", keep_default_na=False)[0]
    except (ValueError, SyntaxError):  # no such table; nothing that lxml could parse
        raise ValueError(f"the page has changed: it has no table {name!r}") from None
    heads = [head if isinstance(head, tuple) else (head,) for head in table.columns]
    plain = [" ".join(dict.fromkeys(str(word) for word in head)) for head in heads]  # ("Date", "Date") → Date
    return table.set_axis(plain, axis="columns").astype(str)


def _column(table: "pd.DataFrame", name: str, head: str) -> "pd.Series":
    """The first column whose head ends as given, without footnotes."""
    found = [i for i, text in enumerate(table.columns) if text.endswith(head)]
    if not found:
        raise ValueError(f"the page has changed: its table {name!r} has no column {head!r}")
    return table.iloc[:, found[0]].str.replace(r"\[[^\]]*\]", "", regex=True).str.strip()
