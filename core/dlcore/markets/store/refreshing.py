"""A store filled and kept up to date from a source on the network, asking for what is missing only.

In come a provider and symbols. New symbols are asked for their history, stored ones for the sessions after their last
and a few before it: where those differ from what is stored (a split, a dividend, a correction), the whole history is
asked for again. Each batch is committed as it comes, so an interrupted download goes on where it was.
"""

from collections.abc import Callable, Iterator, Sequence

from dlcore.markets.calendar import last_session, sessions
from dlcore.markets.provider import ROW_COLUMNS, Fetched, Provider
from dlcore.markets.store.filling import WEAKNESS, Filling, RefreshReport
from dlcore.markets.store.histories import renamed_symbols
from dlcore.markets.store.importing import WAIT
from dlcore.markets.store.places import store_folder
from dlcore.markets.store.writer import open_writer

OVERLAP = 5  # stored sessions that are asked for again
Progress = Callable[[int, int], None]


def refresh(
    name: str,
    provider: Provider,
    symbols: Sequence[str],
    *,
    start: str | None = None,
    end: str | None = None,
    calendar: str = "auto",
    weakness: str = WEAKNESS,
    progress: Progress = lambda done, total: None,
    wait: float = WAIT,
) -> RefreshReport:
    """Fill a store, or bring it up to date.

    Parameters
    ----------
    name : str
        Of the store: small letters, digits, _ and -; no built-in market, no imported store.
    provider : Provider
        The source. It is asked for symbols in the order given.
    symbols : sequence of str
        Each once. Stored symbols that are not among them stay as they are.
    start : str, optional
        First date to be had. Symbols that are stored from a later one on are asked anew; "" wants the whole history of
        all. Without it new symbols have their whole history, and stored ones go on from where they begin.
    end : str, optional
        Last date; the last session that has closed without it. Later rows of an answer are not stored.
    calendar : str
        Code of the exchange; ``auto`` takes the store's, and for a new one that which fits the first batch.
    weakness : str
        What is wrong with such a choice of symbols, for the attrs of a new store.
    progress : callable
        Called with the numbers of symbols answered and asked for, after each batch.
    wait : float
        Seconds to wait for another process that writes the same store.

    Returns
    -------
    RefreshReport
        Also when nothing came.

    Raises
    ------
    ValueError
        For a name, symbols, dates or a calendar that are not allowed.
    TimeoutError
        Where another process writes for longer.
    """
    import pandas as pd

    store_folder(name)
    if not symbols or len(set(symbols)) < len(symbols) or not all(symbols):
        raise ValueError(f"symbols={', '.join(symbols) or 'none'} is not allowed: give one or more, each once")
    start, end = start and _date("start", start), end and _date("end", end)
    if calendar != "auto":
        last_session(pd.Timestamp.now("UTC"), calendar)  # refuses an unknown one before anything is written
    with open_writer(name, wait) as writer:
        stored = writer.manifest
        if stored and stored.origin != provider.name:
            raise ValueError(f"store {name} is filled from {stored.origin}: give {provider.name} a name of its own")
        if stored and calendar not in ("auto", stored.attrs["calendar"]):
            raise ValueError(f"calendar={calendar} is not allowed: store {name} has {stored.attrs['calendar']}")
        known = stored.attrs["calendar"] if stored else calendar
        filling = Filling(writer, provider, weakness, known, end)
        before = set(filling.held)
        changed = _ask_missing(filling, provider, symbols, start, progress)
        _ask_again(filling, provider, changed)
        gone, come = before & set(filling.report.failed), set(filling.held) - before
        if writer.manifest and gone and come:
            filling.rename(renamed_symbols(writer.folder, writer.manifest, gone, come))
        return filling.report


def _ask_missing(
    filling: Filling, provider: Provider, symbols: Sequence[str], start: str | None, progress: Progress
) -> list[str]:
    """Fill in what is not stored; the symbols whose history has changed are left as they were, and named."""
    changed: list[str] = []
    histories, news = _plan(filling, symbols, start)
    total, done = len(histories) + sum(map(len, news.values())), 0
    for first, asked in [(start, histories), *news.items()]:
        for batch in _fetch(filling, provider, asked, first):
            if asked is histories:
                filling.take_history(batch, first)
            else:
                changed += filling.take_news(batch, str(first))
            done += len({*batch.rows["symbol"], *batch.failures})
            progress(done, total)
    return changed


def _ask_again(filling: Filling, provider: Provider, changed: list[str]) -> None:
    """The whole history, as far back as each symbol was asked for before."""
    filling.report.again = changed
    starts = {symbol: filling.held[symbol].asked or None for symbol in changed}
    for first in dict.fromkeys(starts.values()):
        for batch in _fetch(filling, provider, [symbol for symbol in changed if starts[symbol] == first], first):
            filling.take_history(batch, first)


def _plan(filling: Filling, symbols: Sequence[str], start: str | None) -> tuple[list[str], dict[str, list[str]]]:
    """Symbols whose history is wanted, and those of which only news are, by the date from which on they are asked."""
    histories: list[str] = []
    news: dict[str, list[str]] = {}
    for symbol in symbols:
        held = filling.held.get(symbol)
        if symbol in filling.renamed:
            filling.report.failed[symbol] = f"is called {filling.renamed[symbol]} now"
        elif held is None or (start is not None and held.asked > start):
            histories.append(symbol)
        elif filling.end is not None and held.last >= filling.end:
            filling.report.current.append(symbol)
        else:
            news.setdefault(_overlap(held.last, filling.calendar), []).append(symbol)
    return histories, news


def _overlap(last: str, calendar: str) -> str:
    """The first of the last few sessions up to a date."""
    import numpy as np

    days = sessions(str(np.datetime64(last) - 4 * OVERLAP), last, calendar)
    return f"{days[-OVERLAP:][0]:%F}"


def _fetch(filling: Filling, provider: Provider, asked: list[str], first: str | None) -> Iterator[Fetched]:
    """Batches of what was asked for; what the source forgets is a failure too."""
    import pandas as pd

    if not asked:
        return
    begin, end = (pd.to_datetime(day) if day else None for day in (first, filling.end))
    silent = dict.fromkeys(asked, "the source said nothing about it")
    for batch in provider.fetch(asked, begin, end):
        answered = {*batch.rows["symbol"], *batch.failures}
        if unasked := answered - set(asked):
            raise ValueError(f"{provider.name} answered {sorted(unasked)[0]}, which nobody asked for")
        for symbol in answered:
            silent.pop(symbol, None)
        yield batch
    if silent:
        yield Fetched(pd.DataFrame(columns=pd.Index(ROW_COLUMNS)), silent, frozenset(silent))


def _date(name: str, text: str) -> str:
    import pandas as pd

    day = pd.to_datetime(text, errors="coerce")
    if pd.isna(day):
        raise ValueError(f"{name}={text} is not allowed: give a date such as 2015-01-31")
    return f"{day:%F}"
