"""From a name such as ``yahoo:AAPL`` straight to a Panel, without a store between.

In come a name and dates; out comes a checked Panel with prices adjusted for splits and dividends, its attrs saying
which symbols failed and why.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.markets.yahoo.manners import Manners
from dlcore.markets.yahoo.names import calendar_of, read_name
from dlcore.markets.yahoo.source import YahooProvider

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.markets.rows import Rows

VARIABLE = "DLCORE_YAHOO_URL"
SHOWN = 3  # failures in an error
ADJUSTED = "prices times adjustment = adjusted close / close, for splits and dividends; volume for splits only"


@dataclass(frozen=True)
class YahooSettings:
    """How to read Yahoo, behind a question mark: ``"yahoo:^N225?calendar=XTKS"``.

    Attributes
    ----------
    calendar : str
        Code of an exchange as `sessions` knows it. ``auto`` chooses it by the symbols, as `calendar_of` says, and by
        the dates, as for files, where these do not tell.
    """

    calendar: str = "auto"


def live_provider() -> YahooProvider:
    """The provider that the environment asks for.

    Returns
    -------
    YahooProvider
        Asks the mirror or test server in ``DLCORE_YAHOO_URL`` where that is set, without pauses between requests; else
        Yahoo itself. It keeps its files in the folder ``.yahoo`` of ``DLCORE_STORE``, or of ``data/store``.

    Raises
    ------
    ValueError
        For a ``DLCORE_YAHOO_URL`` that does not begin with http:// or https://.
    """
    url = os.environ.get(VARIABLE) or None
    if url and not url.startswith(("http://", "https://")):
        raise ValueError(f"{VARIABLE}={url} is not allowed: give such as http://127.0.0.1:8000")
    root = Path(os.path.expanduser(os.environ.get("DLCORE_STORE") or _project() / "data" / "store"))
    return YahooProvider(root / ".yahoo", url, Manners(interval=0.0) if url else Manners())


def load_yahoo(
    name: str, settings: YahooSettings | None = None, start: str | None = None, end: str | None = None
) -> "xr.Dataset":
    """Download prices.

    Parameters
    ----------
    name : str
        Such as ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``, as `read_name` reads it.
    settings : YahooSettings, optional
        The calendar.
    start, end : str, optional
        First and last date, both included; the whole history without them. Today's session is there once it is over.

    Returns
    -------
    Dataset (date, asset)
        A Panel with `open` to `volume` and `adjustment`, assets in the order asked for; with a coordinate `sector` for
        an index. ``attrs["failures"]`` lists the symbols that are not in it, each with its reason;
        ``attrs["quarantined"]`` what a Panel may not hold.

    Raises
    ------
    ValueError
        For names and dates that are not allowed, and where no symbol has a price: with the reasons of the first.
    ModuleNotFoundError
        Where yfinance is not installed.
    """
    import pandas as pd

    from dlcore.markets.calendar import sessions
    from dlcore.markets.rows import panel_of_rows

    first, last = (None if day is None else _date(what, day) for what, day in (("start", start), ("end", end)))
    chosen = "auto" if settings is None else settings.calendar
    if chosen != "auto":
        sessions("2020-01-01", "2020-12-31", chosen)  # refuses an unknown one before anything is downloaded
    provider = live_provider()
    wanted = read_name(name, provider.folder)
    batches = list(provider.fetch(wanted.symbols, first, last))
    failures = {symbol: why for batch in batches for symbol, why in batch.failures.items()}
    if len(failures) == len(wanted.symbols):
        some = "; ".join(f"{symbol}: {why}" for symbol, why in list(failures.items())[:SHOWN])
        raise ValueError(f"{name}: no prices for any of {len(failures)} symbols: {some}")
    rows = _long(pd.concat([batch.rows for batch in batches if len(batch.rows)]))
    attrs = {
        "source": f"Yahoo Finance by yfinance {version('yfinance')}"
        + (f", from {provider.url}" if provider.url else ""),
        "licence": provider.licence,
        "retrieved_at": f"{datetime.fromtimestamp(provider.manners.clock(), UTC):%Y-%m-%d %H:%M} UTC",
        "weakness": wanted.weakness,
        "failures": "; ".join(f"{symbol}: {why}" for symbol, why in failures.items()) or "none",
    }
    calendar = calendar_of(rows.labels) if chosen == "auto" else chosen
    panel = panel_of_rows(name, rows, calendar, attrs).assign_attrs(adjustment=ADJUSTED)
    if wanted.sectors is None:
        return panel
    return panel.assign_coords(sector=("asset", np.array([wanted.sectors[label] for label in rows.labels])))


def _long(frame: "pd.DataFrame") -> "Rows":
    """A provider's rows, without dividends and splits: the adjusted close has them."""
    from dlcore.markets.rows import FIELDS, Rows

    codes, labels = frame["symbol"].factorize()
    fields = {name: frame[name].to_numpy(np.float64) for name in FIELDS}
    return Rows(frame["date"].to_numpy().astype("datetime64[D]"), [str(label) for label in labels], codes, fields)


def _date(what: str, text: str) -> "pd.Timestamp":
    import pandas as pd

    day: Any = pd.to_datetime(text, errors="coerce")
    if pd.isna(day) or day.tz is not None:
        raise ValueError(f"{what}={text} is not allowed: give a date such as 2015-01-31")
    return day.normalize()


def _project() -> Path:
    """The nearest folder upwards with a pyproject.toml and a folder data, else the working directory."""
    here = Path.cwd()
    ups = (up for up in (here, *here.parents) if (up / "pyproject.toml").is_file() and (up / "data").is_dir())
    return next(ups, here)
