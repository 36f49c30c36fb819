"""A market from the network into a store of its own, by one name: ``yahoo:AAPL,BTC-USD``.

In comes the name of a source and its symbols, out comes the report of what was stored. Which sources there are is said
here once; what they are asked for, and how, is theirs.
"""

import re
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlcore.markets.store.filling import RefreshReport
    from dlcore.markets.store.refreshing import Progress

SOURCES = {"yahoo": "dlcore.markets.yahoo"}


def download(
    source: str, name: str | None = None, *, start: str | None = None, calendar: str = "auto", progress: "Progress"
) -> "RefreshReport":
    """Download a market, or what is missing of it.

    Parameters
    ----------
    source : str
        A source, a colon, and what it understands: ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``.
    name : str, optional
        Of the store; without it made of the source: ``yahoo-sp500``.
    start : str, optional
        First date to be had; the whole history without it.
    calendar : str
        Code of the exchange; ``auto`` takes the store's, and for a new one what the source says of its symbols.
    progress : callable
        As `refresh` calls it.

    Returns
    -------
    RefreshReport
        What was stored, what failed and why.

    Raises
    ------
    ValueError
        For a source that is not known, and as `refresh` and the source.
    TimeoutError
        Where another process writes the same store for longer.
    """
    from dlcore.markets.store.places import is_store
    from dlcore.markets.store.refreshing import refresh

    prefix, _, _ = source.partition(":")
    if prefix not in SOURCES or ":" not in source:
        raise ValueError(f"source={source} is not allowed: give such as {', '.join(SOURCES)}:AAPL,BTC-USD")
    room = import_module(SOURCES[prefix])
    provider = room.live_provider()
    wanted = room.read_name(source, provider.folder)
    store = name or re.sub("[^a-z0-9]+", "-", source.lower()).strip("-")
    if calendar == "auto" and not is_store(store):
        calendar = room.calendar_of(wanted.symbols)
    return refresh(
        store, provider, wanted.symbols, start=start, calendar=calendar, weakness=wanted.weakness, progress=progress
    )
