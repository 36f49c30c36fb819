"""Yahoo Finance as a provider of prices, one symbol after another, read by yfinance.

In come symbols and dates, out come batches of rows as Yahoo has them: adjusted for splits, not for dividends. A symbol
for which there is nothing is in a batch's failures; a server that has gone silent is not asked for all the rest.
"""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcore.markets.provider import ROW_COLUMNS, Fetched
from dlcore.markets.yahoo.manners import Manners, Refused, Unanswered, Unreachable
from dlcore.markets.yahoo.rows import finished_rows
from dlcore.markets.yahoo.session import open_session

if TYPE_CHECKING:
    import pandas as pd

SILENT = 3  # symbols in a row without an answer, after which the others are not asked for
LICENCE = "Yahoo's terms of service: for personal use, not to be passed on"
ADJUSTED = "prices times adjustment = adjusted close / close, for splits and dividends; volume for splits only"


@dataclass
class YahooProvider:
    """A `Provider` of daily rows.

    Attributes
    ----------
    folder : Path
        Where yfinance keeps time zones and cookies. It takes the first one that a process gives it.
    url : str or None
        Scheme and host of a mirror or a test server; None: Yahoo itself.
    manners : Manners
        Pauses and patience.
    batch : int
        Symbols in each batch.
    """

    folder: Path
    url: str | None = None
    manners: Manners = field(default_factory=Manners)
    batch: int = 20
    name: str = "yahoo"
    licence: str = LICENCE
    adjustment: str = ADJUSTED

    @property
    def source(self) -> str:
        """Yahoo, the version of its reader, and the mirror where there is one."""
        from importlib.metadata import version

        _require_yfinance()
        return f"Yahoo Finance by yfinance {version('yfinance')}" + (f", from {self.url}" if self.url else "")

    def fetch(
        self, symbols: Sequence[str], start: "pd.Timestamp | None", end: "pd.Timestamp | None"
    ) -> Iterator[Fetched]:
        """Ask for daily rows, both dates included, without them the whole history; one batch at a time.

        Parameters
        ----------
        symbols : sequence of str
            As Yahoo writes them: BRK-B, BTC-USD, SAP.DE, ^GSPC. A second one is left out.
        start, end : Timestamp or None
            Dates at the exchange.

        Yields
        ------
        Fetched
            Rows of finished sessions; reasons for the symbols without any.

        Raises
        ------
        ModuleNotFoundError
            Where yfinance is not installed.
        """
        import pandas as pd

        session = _session(self)
        wanted, silent = list(dict.fromkeys(symbols)), 0
        lost = ""  # why nobody is asked any more
        for first in range(0, len(wanted), self.batch):
            rows, failures, unanswered = [], {}, set()
            for symbol in wanted[first : first + self.batch]:
                try:
                    if lost:
                        raise Unreachable(f"not asked for: {lost}")
                    rows.append(_ask(session, symbol, start, end, self.manners))
                    silent = 0
                except Refused as why:
                    failures[symbol], silent = str(why), 0
                except (Unanswered, Unreachable) as why:
                    failures[symbol], silent = str(why), silent + 1
                    unanswered.add(symbol)
                    if isinstance(why, Unreachable):
                        lost = lost or str(why)
                    elif silent == SILENT:
                        lost = f"{SILENT} symbols in a row had no answer ({symbol}: {why})"
            found = pd.concat(rows) if rows else pd.DataFrame(columns=pd.Index(ROW_COLUMNS))
            yield Fetched(found, failures, frozenset(unanswered))


def _session(provider: YahooProvider) -> Any:
    """A session, with yfinance's files in the provider's folder."""
    yfinance = _require_yfinance()
    provider.folder.mkdir(parents=True, exist_ok=True)
    yfinance.set_tz_cache_location(str(provider.folder))
    return open_session(provider.url, provider.manners)


def _require_yfinance() -> Any:
    """The module, or the remedy."""
    try:
        import yfinance
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is not installed: pip install dlcore[yahoo]", name=error.name
        ) from None
    return yfinance


def _ask(
    session: Any, symbol: str, start: "pd.Timestamp | None", end: "pd.Timestamp | None", manners: Manners
) -> "pd.DataFrame":
    """Finished rows of one symbol, or `Refused` with the reason."""
    import pandas as pd
    import yfinance
    from yfinance.data import YfData
    from yfinance.exceptions import YFException

    span = {"period": "max"} if start is None else {"start": f"{start:%F}"}
    if end is not None:
        span["end"] = f"{end + pd.Timedelta(days=1):%F}"  # yfinance leaves its end out
    YfData.cache_get.cache_clear()  # it would answer with what it heard an hour ago
    try:
        with _undisturbed(yfinance):
            ticker = yfinance.Ticker(symbol, session=session)
            plain: Any = {"auto_adjust": False, "actions": True, "repair": False, "keepna": True, "timeout": 30}
            history = ticker.history(interval="1d", **span, **plain)
            meta = ticker.get_history_metadata()
        named, bars = str(meta["symbol"]), meta.get("dataGranularity", "1d")
        if named != symbol.upper():
            raise Refused(f"Yahoo answers with {named}: if that is its new name, ask for it")
        if bars != "1d":
            raise Refused(f"Yahoo answers with rows of {bars}, not of 1d")
        rows: Any = finished_rows(symbol, history, meta, pd.Timestamp.fromtimestamp(manners.clock(), "UTC"))
    except YFException as error:
        asked = f"from {start:%F}" if start is not None else "at any time"
        asked += f" to {end:%F}" if end is not None else ""
        raise Refused(getattr(error, "yahoo_reason", None) or f"Yahoo has no prices {asked}") from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"Yahoo's answer cannot be read by yfinance ({type(error).__name__}: {error})") from None
    rows = rows[rows["date"].between(start or rows["date"].min(), end or rows["date"].max())]
    if rows.empty:
        raise Refused("Yahoo has no row of a finished session in that time")
    return rows


@contextlib.contextmanager
def _undisturbed(yfinance: Any) -> Iterator[None]:
    """yfinance raises what it would swallow, and says nothing on stderr."""
    debug, log = yfinance.config.debug, logging.getLogger("yfinance")
    hidden, level = debug.hide_exceptions, log.level
    debug.hide_exceptions = False
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # yfinance 1.7 under pandas 3.1, within its own code
            warnings.filterwarnings("ignore", message="The inplace keyword in DataFrame")
            yield
    finally:
        debug.hide_exceptions = hidden
        log.setLevel(level)
