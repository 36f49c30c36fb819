"""What stands behind ``yahoo:``, and which calendar fits it.

In comes the text of a name, out come symbols as Yahoo writes them and, for an index, who was a member when.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "yahoo:"
SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.=^&-]{0,19}")
ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
CRYPTO = re.compile(r".+-[A-Z]{3}")  # BTC-USD; a share class has one letter, BRK-B
EXCHANGES = {
    "AS": "XAMS", "AX": "XASX", "BR": "XBRU", "CO": "XCSE", "DE": "XETR", "HE": "XHEL", "HK": "XHKG", "IR": "XDUB",
    "JO": "XJSE", "KS": "XKRX", "L": "XLON", "LS": "XLIS", "MC": "XMAD", "MI": "XMIL", "MX": "XMEX", "NZ": "XNZE",
    "OL": "XOSL", "PA": "XPAR", "SA": "BVMF", "SI": "XSES", "SS": "XSHG", "ST": "XSTO", "SW": "XSWX", "T": "XTKS",
    "TO": "XTSE", "TW": "XTAI", "VI": "XWBO",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a name asks for.

    Attributes
    ----------
    symbols : tuple of str
        As Yahoo writes them, each once.
    membership : DataFrame or None
        Columns `ticker`, `start_date`, `end_date` as `read_membership` has them; None for a list of symbols.
    sectors : mapping of symbol to str, or None
        GICS sectors of an index's members.
    weakness : str
        What is wrong with such a choice.
    """

    symbols: tuple[str, ...]
    membership: "pd.DataFrame | None"
    sectors: dict[str, str] | None
    weakness: str


def read_name(name: str, folder: Path) -> Wanted:
    """Read a name such as ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``.

    Parameters
    ----------
    name : str
        Symbols by commas, in any case; or `sp500` alone.
    folder : Path
        Where the list of an index is kept.

    Returns
    -------
    Wanted
        For `sp500` today's members: the page is read, or what was read of it before, as `sp500` says.

    Raises
    ------
    ValueError
        For no symbol, one twice, an ISIN, or what cannot be one; and as `sp500`.
    """
    text = name.removeprefix(PREFIX).strip()
    if text.lower() == "sp500":
        from dlcore.markets.yahoo.constituents import sp500

        found = sp500(folder)
        return Wanted(tuple(found.sectors), found.membership, found.sectors, found.weakness)
    symbols = tuple(word.strip().upper() for word in text.split(","))
    for symbol in symbols:
        if not SYMBOL.fullmatch(symbol) or ISIN.fullmatch(symbol):
            shown = "nothing" if not symbol else repr(symbol)
            raise ValueError(f"{name!r} holds {shown} for a symbol: give such as yahoo:AAPL,BTC-USD or yahoo:sp500")
        if symbols.count(symbol) > 1:
            raise ValueError(f"{name!r} holds {symbol} twice: give each symbol once")
    return Wanted(symbols, None, None, "survivorship-biased if the symbols were chosen for what became of them")


def calendar_of(symbols: Sequence[str]) -> str:
    """The calendar of all symbols together, from the way in which Yahoo writes them.

    Parameters
    ----------
    symbols : sequence of str
        One or more.

    Returns
    -------
    str
        That of the exchange where all share it: XNYS for a plain ticker, by the suffix abroad (SAP.DE: XETR), 24/7 for
        cryptocurrencies (BTC-USD), 24/5 for currencies and futures (EURUSD=X, GC=F). For several: 24/7 with a
        cryptocurrency among them, else 24/5. ``auto``, the choice by the dates, where an exchange is not known
        (an index such as ^N225, an unlisted suffix).
    """
    codes = {_calendar(symbol) for symbol in symbols}
    if len(codes) == 1:
        return codes.pop()
    for code in ("24/7", "auto"):
        if code in codes:
            return code
    return "24/5"


def _calendar(symbol: str) -> str:
    if CRYPTO.fullmatch(symbol):
        return "24/7"
    if symbol.endswith(("=X", "=F")):
        return "24/5"
    if symbol.startswith("^"):
        return "auto"
    _, dot, suffix = symbol.rpartition(".")
    return EXCHANGES.get(suffix, "auto") if dot else "XNYS"
