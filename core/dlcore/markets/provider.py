"""What a source of downloaded prices must be able to do, so that the store does not care which one it is.

A provider is asked for symbols and dates and answers in batches: rows as the source has them, and the symbols that
failed, each with its reason. It never adjusts, fills or drops; it never raises for one symbol among many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

#: Columns of `Fetched.rows`, in this order. Prices are those of the source (Yahoo's are adjusted for splits, not for
#: dividends); `adj_close` is its close adjusted for both; `dividend` in currency and `split` as new/old shares are
#: those that became effective on the date, 0 and 1 without one.
ROW_COLUMNS = ("date", "symbol", "open", "high", "low", "close", "volume", "adj_close", "dividend", "split")


@dataclass(frozen=True)
class Fetched:
    """One batch of an answer.

    Attributes
    ----------
    rows : DataFrame
        Columns `ROW_COLUMNS`; `date` is the session's date, naive datetime64; NaN where the source has no number.
    failures : mapping of symbol to str
        Why there is nothing for a symbol, in one line.
    unanswered : frozenset of str
        Those failures on which the source has not spoken: to ask soon again may help.
    """

    rows: "pd.DataFrame"
    failures: Mapping[str, str] = field(default_factory=dict)
    unanswered: frozenset[str] = frozenset()


class Provider(Protocol):
    """A source of daily prices that is asked over a network.

    Attributes
    ----------
    name : str
        One word; a store is filled from one name only.
    licence, adjustment : str
        What may be done with its prices, and what they are adjusted for; attrs of the Panel.
    """

    name: str
    licence: str
    adjustment: str

    @property
    def source(self) -> str:
        """In words for the attrs of the Panel: which source, read by what, by way of which mirror."""
        ...

    def fetch(
        self, symbols: Sequence[str], start: "pd.Timestamp | None", end: "pd.Timestamp | None"
    ) -> Iterator[Fetched]:
        """Ask for daily rows, both dates included, without them the whole history; one batch at a time.

        Each batch can be stored before the next is asked for, so an interrupted download resumes with the symbols
        that are not stored yet. Every symbol asked for is in the rows or in the failures of exactly one batch.
        """
        ...
