"""A market from the network into a store of its own, by one name: ``yahoo:AAPL,BTC-USD``.

In comes the name of a source and its symbols, out comes the report of what was stored. Which sources there are is said
here once; what they are asked for, and how, is theirs.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.markets.provider import Provider
    from dlcore.markets.store.filling import RefreshReport
    from dlcore.markets.store.refreshing import Progress

SOURCES = {"yahoo": "dlcore.markets.yahoo"}
LONGEST = 48  # letters of a store's name; a hash stands for the rest


@dataclass(frozen=True)
class Order:
    """What a name asks for, of whom, and where it is kept.

    Attributes
    ----------
    store : str
        Name of the store.
    provider : Provider
        The source.
    symbols : tuple of str
        As the source writes them.
    sectors : mapping of symbol to str, or None
        Of an index's members.
    weakness : str
        What is wrong with such a choice.
    calendar : str
        Code of the exchange, or ``auto`` for that of the store, and for a new one that of its first dates.
    """

    store: str
    provider: "Provider"
    symbols: tuple[str, ...]
    sectors: Mapping[str, str] | None
    weakness: str
    calendar: str


def is_download(name: str) -> bool:
    """Whether a name begins with a source and a colon."""
    prefix, colon, _ = name.partition(":")
    return bool(colon) and prefix in SOURCES


def read_order(source: str, name: str | None = None, calendar: str = "auto") -> Order:
    """Understand the name of a download.

    Parameters
    ----------
    source, name, calendar : str
        As for `download`.

    Returns
    -------
    Order
        Nothing has been asked for yet, but for the list of an index's members.

    Raises
    ------
    ValueError
        For a source that is not known, and as the source.
    """
    from dlcore.markets.store.places import is_store

    if not is_download(source):
        raise ValueError(f"source={source} is not allowed: give such as {', '.join(SOURCES)}:AAPL,BTC-USD")
    room: Any = import_module(SOURCES[source.partition(":")[0]])
    provider = room.live_provider()
    wanted = room.read_name(source, provider.folder)
    store = name or store_name(source, calendar)
    if calendar == "auto" and not is_store(store):
        calendar = room.calendar_of(wanted.symbols)
    return Order(store, provider, wanted.symbols, wanted.sectors, wanted.weakness, calendar)


def store_name(source: str, calendar: str = "auto") -> str:
    """The name of a download's store where nobody gives another: `yahoo-aapl-btc_usd`, `yahoo-aapl--24_5`."""
    told = source if calendar == "auto" else f"{source},,{calendar}"
    parts = re.split("[:,]", told.lower().replace(" ", ""))
    word = "-".join(re.sub("[^a-z0-9]", "_", part) for part in parts)
    if len(word) <= LONGEST:
        return word
    return f"{word[:LONGEST]}-{hashlib.sha256(word.encode()).hexdigest()[:12]}"


def download(
    source: str, name: str | None = None, *, start: str | None = None, calendar: str = "auto", progress: "Progress"
) -> "RefreshReport":
    """Download a market, or what is missing of it.

    Parameters
    ----------
    source : str
        A source, a colon, and what it understands: ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``.
    name : str, optional
        Of the store; without it that of `store_name`, where `load_panel(source)` looks for it.
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
    from dlcore.markets.store.refreshing import refresh

    order = read_order(source, name, calendar)
    terms: Any = {"calendar": order.calendar, "weakness": order.weakness, "progress": progress}
    return refresh(order.store, order.provider, order.symbols, start=start, **terms)
