"""Whether what a source says now is what it said before: histories that were adjusted anew, symbols with a new name.

In come stored rows and fetched ones, out come the symbols that differ, or that are the same under two names.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlcore.markets.store.manifest import QUARANTINE, Manifest
from dlcore.markets.store.parts import read_parts

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-5  # of a price: sources repeat themselves to about 1e-6, a dividend is more
ALIKE = 20  # sessions with the same close that make two symbols one
COMPARED = ["close", "adjustment"]


def changed_symbols(stored: "pd.DataFrame", fetched: "pd.DataFrame") -> set[str]:
    """Symbols of which the source now says something else for the same days.

    Parameters
    ----------
    stored, fetched : DataFrame
        `date`, `symbol`, `close`, `adjustment`, over the same days and symbols.

    Returns
    -------
    set of str
        Where a close or an adjustment differs by more than `TOLERANCE`, or is there on one side only: a split, a
        dividend or a correction since.
    """
    both = stored.merge(fetched, on=["date", "symbol"], how="outer", suffixes=("", "_now"))
    same = np.ones(len(both), bool)
    for name in COMPARED:
        old, new = both[name].to_numpy(np.float64), both[f"{name}_now"].to_numpy(np.float64)
        same &= np.isclose(old, new, rtol=TOLERANCE, atol=0, equal_nan=True)
    return set(both["symbol"][~same])


def renamed_symbols(folder: Path, manifest: Manifest, gone: Iterable[str], come: Iterable[str]) -> dict[str, str]:
    """Find symbols that go on under another name.

    Parameters
    ----------
    folder : Path
        That of the store.
    manifest : Manifest
        Of its present generation.
    gone : iterable of str
        Stored symbols that the source no longer knows.
    come : iterable of str
        Stored symbols that are new.

    Returns
    -------
    dict of str to str
        Old → new, where the new one has the closes of the old one's last `ALIKE` sessions and reaches back as far.
    """
    old = {symbol for symbol in gone if manifest.symbols[symbol].rows >= ALIKE}
    new = set(come) - old
    if not old or not new:
        return {}
    first = min(manifest.symbols[symbol].first for symbol in old)
    closes = stored_rows(folder, manifest, {*old, *new}, first).pivot(index="date", columns="symbol", values="close")  # noqa: PD010 -- a duplicate must raise, not be averaged
    found = {}
    for symbol in sorted(old):
        tail = closes[symbol].dropna().iloc[-ALIKE:]
        for other in sorted(new):
            covers = manifest.symbols[other].first <= manifest.symbols[symbol].first
            if (
                covers
                and len(tail) == ALIKE
                and np.allclose(tail, closes.loc[tail.index, other], rtol=TOLERANCE, atol=0)
            ):
                found[symbol] = other
    return found


def stored_rows(folder: Path, manifest: Manifest, symbols: Iterable[str], first: str) -> "pd.DataFrame":
    """Stored closes and adjustments of some symbols.

    Parameters
    ----------
    folder : Path
        That of the store.
    manifest : Manifest
        Of its present generation.
    symbols : iterable of str
        Whose.
    first : str
        From this date on.

    Returns
    -------
    DataFrame
        `date` (datetime64[ns]), `symbol`, `close`, `adjustment`.
    """
    import pandas as pd

    parts = [part for part in manifest.parts if part.partition != QUARANTINE and part.last >= first]
    tables = [
        table.to_pandas(date_as_object=False) for table in read_parts(folder, parts, ["date", "symbol", *COMPARED])
    ]
    if not tables:
        return pd.DataFrame({"date": pd.DatetimeIndex([]).as_unit("ns"), "symbol": [], "close": [], "adjustment": []})
    rows = pd.concat(tables).astype({"symbol": "str", "date": "datetime64[ns]"})
    return rows.loc[rows["symbol"].isin(list(symbols)) & (rows["date"] >= first)].reset_index(drop=True)
