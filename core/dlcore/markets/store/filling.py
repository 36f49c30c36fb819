"""What becomes of one batch of a source's answer: judged, compared with what is stored, committed.

In come batches, out come generations of the store and, at the end, the report.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.markets.calendar import last_session, sessions
from dlcore.markets.provider import ROW_COLUMNS, Fetched, Provider
from dlcore.markets.rows import open_days
from dlcore.markets.store.histories import COMPARED, changed_symbols, stored_rows
from dlcore.markets.store.manifest import Answer, Holding, Manifest, Run
from dlcore.markets.store.reading import read_quarantine
from dlcore.markets.store.schema import screen_rows
from dlcore.markets.store.writer import Writer

if TYPE_CHECKING:
    import pandas as pd

WEAKNESS = "survivorship-biased: the symbols were chosen at the end, and the store does not know who was a member when"
COLUMNS = tuple("adjustment" if name == "adj_close" else name for name in ROW_COLUMNS[2:])


@dataclass
class RefreshReport:
    """What a refresh did.

    Attributes
    ----------
    name : str
        Of the store.
    last : str
        Last session that was stored or would have been; "" where the calendar is not known, as nothing came.
    stored : list of str
        Symbols of which rows came.
    current : list of str
        Symbols that had every session already and were not asked for.
    again : list of str
        Symbols whose whole history was asked for again, because its adjustment or a number had changed.
    failed : dict of symbol to str
        Why nothing came; what was stored of them stays.
    renamed : dict of symbol to symbol
        Old → new name; the history is stored under the new one only.
    rows, sessions, quarantined : int
        Rows stored, on how many dates, and rows put into quarantine.
    """

    name: str
    last: str = ""
    stored: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    sessions: int = 0
    quarantined: int = 0


class Filling:
    """One refresh under way.

    Parameters
    ----------
    writer : Writer
        Of the store.
    provider : Provider
        The source.
    weakness : str
        What is wrong with the choice of symbols.
    calendar : str
        Code of the exchange; ``auto`` until the first rows have come.
    end : str or None
        Last date to be stored; None for the last session that has closed.
    """

    def __init__(self, writer: Writer, provider: Provider, weakness: str, calendar: str, end: str | None) -> None:
        self.writer, self.provider, self.weakness = writer, provider, weakness
        self.calendar, self.end = calendar, end
        self.report = RefreshReport(writer.folder.name)
        self._dates: set[np.datetime64] = set()
        self._digest = hashlib.sha256()
        self._number = len(writer.manifest.runs) + 1 if writer.manifest else 1
        if calendar != "auto":
            self._set_end()

    @property
    def held(self) -> dict[str, Holding]:
        """What is stored of each symbol at this moment."""
        return self.writer.manifest.symbols if self.writer.manifest else {}

    @property
    def renamed(self) -> dict[str, str]:
        """Old → new names."""
        return self.writer.manifest.renamed if self.writer.manifest else {}

    def take_history(self, batch: Fetched, first: str | None) -> None:
        """Store whole histories, in place of what was stored of the same symbols."""
        clean, quarantined = self._screened(batch, first)
        replaced = frozenset(set(clean["symbol"]) & set(self.held))
        quarantined = self._not_yet(quarantined, replaced)
        self._commit(batch, clean, quarantined, asked=first or "", replaced=replaced)

    def take_news(self, batch: Fetched, first: str) -> list[str]:
        """Store what comes after the last stored session; symbols that say something else before it are returned."""
        clean, quarantined = self._screened(batch, first)
        symbols = set(clean["symbol"]) | set(quarantined["symbol"])
        changed: list[str] = []
        if symbols and self.writer.manifest:
            stored = stored_rows(self.writer.folder, self.writer.manifest, symbols, first)
            said = clean.loc[~self._after(clean), ["date", "symbol", *COMPARED]].astype({"symbol": "str"})
            changed = sorted(changed_symbols(stored, said))
        clean = clean.loc[self._after(clean) & ~clean["symbol"].isin(changed)]
        quarantined = quarantined.loc[self._after(quarantined) & ~quarantined["symbol"].isin(changed)]
        self._commit(batch, clean, self._not_yet(quarantined, frozenset()), changed=frozenset(changed))
        return changed

    def rename(self, renamed: dict[str, str]) -> None:
        """Leave histories under their new names only."""
        if not renamed or not self.writer.manifest:
            return
        nothing = _typed(None, [])
        manifest = self.writer.manifest
        changes = {
            "renamed": manifest.renamed | renamed,
            "failures": {symbol: why for symbol, why in manifest.failures.items() if symbol not in renamed},
        }
        self.writer.commit(
            manifest.model_copy(update=changes), nothing, nothing, run=self._number, replaced=frozenset(renamed)
        )
        self.report.renamed = renamed
        for symbol, name in renamed.items():
            self.report.failed[symbol] = f"is called {name} now"

    def _screened(self, batch: Fetched, first: str | None) -> "tuple[pd.DataFrame, pd.DataFrame]":
        """Rows that may be stored and rows that may not, of the dates asked for."""
        from pandas.util import hash_pandas_object

        rows = _typed(batch.rows, list(dict.fromkeys(batch.rows["symbol"])))
        if len(rows):
            hashes = hash_pandas_object(rows.astype({"symbol": "str"}), index=False)  # pyright: ignore[reportCallIssue] -- pandas exports it untyped
            self._digest.update(hashes.to_numpy().tobytes())
            if self.calendar == "auto":
                days = np.unique(rows["date"].to_numpy().astype("datetime64[D]"))
                self.calendar, _ = open_days(self.provider.name, days, "auto")
                self._set_end()
            rows = rows.loc[(rows["date"] <= self.end) & (rows["date"] >= (first or "1700-01-01"))]
        if rows.empty:
            return rows.rename({"adj_close": "adjustment"}, axis="columns"), rows.assign(reason="")
        dates: Any = rows["date"]
        return screen_rows(rows, self.calendar, sessions(dates.min(), dates.max(), self.calendar).to_numpy())

    def _set_end(self) -> None:
        """No bar that may still change; the clock is asked where nobody says an end."""
        import pandas as pd

        self._over = f"{last_session(pd.Timestamp.now('UTC'), self.calendar):%F}"
        self.end = self.end or self._over
        self.report.last = self.end

    def _after(self, rows: "pd.DataFrame") -> np.ndarray:
        """Which rows come after the last that is stored of their symbol."""
        last = np.array([self.held[symbol].last for symbol in rows["symbol"]], "datetime64[ns]")
        return rows["date"].to_numpy() > last

    def _not_yet(self, quarantined: "pd.DataFrame", replaced: frozenset[str]) -> "pd.DataFrame":
        """Rows that are not in quarantine already: those of closed days move no symbol's last date."""
        if quarantined.empty or not self.writer.manifest:
            return quarantined
        old = read_quarantine(self.report.name)
        known = {key for key in zip(old["date"], old["symbol"], strict=True) if key[1] not in replaced}
        new = [key not in known for key in zip(quarantined["date"], quarantined["symbol"], strict=True)]
        return quarantined.loc[new]

    def _commit(
        self,
        batch: Fetched,
        clean: "pd.DataFrame",
        quarantined: "pd.DataFrame",
        *,
        replaced: frozenset[str] = frozenset(),
        asked: str | None = None,
        changed: frozenset[str] = frozenset(),
    ) -> None:
        """Make a generation of it, and note it in the report; `asked` is None where only news were asked for."""
        came = list(dict.fromkeys(clean["symbol"]))
        self._dates |= set(clean["date"].to_numpy())
        self.report.failed |= batch.failures
        self.report.stored += came
        self.report.rows += len(clean)
        self.report.quarantined += len(quarantined)
        self.report.sessions = len(self._dates)
        if self.writer.manifest or came or len(quarantined):
            manifest = self._manifest(batch, asked, changed)
            self.writer.commit(manifest, clean, quarantined, run=self._number, replaced=replaced, asked=asked or "")

    def _manifest(self, batch: Fetched, asked: str | None, changed: frozenset[str]) -> Manifest:
        """The present manifest, or a first one, with what this run has done so far."""
        base = self.writer.manifest or Manifest(
            origin=self.provider.name,
            columns=COLUMNS,
            attrs={
                "adjustment": self.provider.adjustment,
                "licence": self.provider.licence,
                "calendar": self.calendar,
                "weakness": self.weakness,
            },
        )
        inputs = {self.provider.source: self._digest.hexdigest()}
        run = Run.now(self._number, "refresh", inputs, rows=self.report.rows, quarantined=self.report.quarantined)
        came = set(batch.rows["symbol"])
        failures = {symbol: why for symbol, why in base.failures.items() if symbol not in came}
        attrs = {"source": self.provider.source, "retrieved_at": f"{datetime.now(UTC):%F}"}
        changes = {
            "attrs": base.attrs | attrs,
            "answers": base.answers | self._answers((came | {*batch.failures}) - batch.unanswered - changed, asked),
            "failures": failures | dict(batch.failures),
            "runs": (*base.runs[: self._number - 1], run),
        }
        return base.model_copy(update=changes)

    def _answers(self, symbols: set[str], asked: str | None) -> dict[str, Answer]:
        """Up to when the source has now answered; news go on from where the history begins."""
        last = min(str(self.end), self._over)
        first = {symbol: held.asked if asked is None else asked for symbol, held in self.held.items()}
        return {symbol: Answer(first=first.get(symbol, asked or ""), last=last) for symbol in sorted(symbols)}


def _typed(rows: "pd.DataFrame | None", symbols: list[str]) -> "pd.DataFrame":
    """Rows with the columns, types and order of symbols that the store wants; none where there are none."""
    import pandas as pd

    frame = pd.DataFrame(columns=pd.Index(ROW_COLUMNS)) if rows is None else rows
    if missing := [name for name in ROW_COLUMNS if name not in frame.columns]:
        raise ValueError(
            f"rows without {', '.join(missing)} are not allowed: a provider gives {', '.join(ROW_COLUMNS)}"
        )
    kinds = dict.fromkeys(ROW_COLUMNS[2:], "float64") | {"date": "datetime64[ns]"}
    typed = frame[list(ROW_COLUMNS)].astype(kinds)
    return typed.assign(symbol=pd.Categorical(typed["symbol"], categories=symbols))
