"""One line for any market: `load_panel(name)`.

In comes the name of a built-in market, that of a store, or the path of a file, with options behind a question mark
where the source has some; out comes a checked Panel, cut to the dates and assets asked for.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dlcore.markets.built_in import SOURCES, Source

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

DOWNLOADED = Source("downloaded and kept", "live", "load_live", "LiveSettings")
OWN_FILES = Source("CSV or Parquet files of your own", "files", "read_files", "FileSettings")
STORED = Source("imported or downloaded", "store", "read_store")


def load_panel(
    name_or_path: "str | Path", start: str | None = None, end: str | None = None, assets: Sequence[str] | None = None
) -> "xr.Dataset":
    """Load a market by name, or your own prices by path.

    Parameters
    ----------
    name_or_path : str or Path
        A name of `SOURCES`, with options as in ``"simulated-sp500?ic=0&seed=3"``; or that of a store, as `import_panel`
        and `refresh` in `dlcore.markets.store` fill them; or ``"yahoo:AAPL,BTC-USD"`` or ``"yahoo:sp500"``, as
        `load_live` in `dlcore.markets.live` says; or a CSV or Parquet file or a folder of such, as in
        ``"prices.csv"`` or ``"prices.csv?calendar=XETR"``, of which `read_files` in `dlcore.markets.files` says what is
        understood. The first that fits counts: ``"./sp500"`` is never a store.
    start, end : str, optional
        First and last date, both included; the whole period without them.
    assets : sequence of str, optional
        These assets in this order; all without it.

    Returns
    -------
    Dataset (date, asset)
        A Panel as `check_panel` wants it. NaN means *did not trade*; it begins and ends with a date on which at least
        one of the assets did.

    Raises
    ------
    ValueError
        For an unknown name, option, date or asset, or when nothing is left.
    ModuleNotFoundError
        Where the package that holds the file is not installed.
    FileNotFoundError
        For a path at which nothing is.

    Examples
    --------
    A real market by name, and a made-up one whose truth is known:

    >>> from dlcore.markets import load_panel
    >>> panel = load_panel("us-large-20", start="2020-01-02", end="2020-01-03", assets=["KO", "PG"])
    >>> panel["close"].to_pandas()
    asset           KO       PG
    date
    2020-01-02  49.308  112.502
    2020-01-03  49.039  111.746
    >>> empty = load_panel("simulated-sp500?ic=0&assets=30&sessions=60&seed=3")  # nothing to be found in it
    >>> empty["close"].shape
    (60, 30)
    """
    span = _day("start", start), _day("end", end, late=True)  # first: a mistake need not wait for a download
    name, _, query = str(name_or_path).partition("?")
    source = SOURCES.get(name) or _own(name)
    options = _options(name, source, query)
    room = import_module(f"dlcore.markets.{source.module}")
    read: Callable[..., Any] = getattr(room, source.function)
    given: list[Any] = [] if name in SOURCES else [name]
    given += [getattr(room, source.settings)(**options)] if source.settings else []
    given += span if source is DOWNLOADED else ()
    return _cut(read(*given), start, end, assets)


def _own(name: str) -> Source:
    """The reader of what is not built in: a download, a store, or a path."""
    from dlcore.markets.downloads import is_download
    from dlcore.markets.files import is_path
    from dlcore.markets.store.places import is_store, store_names

    if is_download(name):
        return DOWNLOADED
    if is_store(name):
        return STORED
    if is_path(name):
        return OWN_FILES
    known = ", ".join([*SOURCES, *store_names()])
    raise ValueError(f"{name!r} is not a known market: give one of {known}, or a path")


def _options(name: str, source: Source, query: str) -> dict[str, Any]:
    """The options behind the question mark, each in the type of its default."""
    from dataclasses import fields

    settings = source.settings
    room = import_module(f"dlcore.markets.{source.module}")
    known = {field.name: field.default for field in fields(getattr(room, settings))} if settings else {}
    options: dict[str, Any] = {}
    for option, text in parse_qsl(query, keep_blank_values=True):
        if option not in known:
            allowed = ", ".join(known) or "none"
            raise ValueError(f"option {option!r} is not known to {name}: its options are {allowed}")
        try:
            options[option] = type(known[option])(text)
        except ValueError:
            kind = type(known[option]).__name__
            raise ValueError(f"{option}={text} is not allowed: give a value of type {kind}") from None
    return options


def _cut(panel: "xr.Dataset", start: str | None, end: str | None, assets: Sequence[str] | None) -> "xr.Dataset":
    """The part asked for, without the dates before the first and after the last trade of its assets."""
    if assets is not None:
        wanted = [assets] if isinstance(assets, str) else list(assets)
        unknown = [asset for asset in wanted if asset not in panel.indexes["asset"]]
        if unknown or not wanted or len(set(wanted)) < len(wanted):
            has = panel.indexes["asset"]
            shown = ", ".join(map(str, has[:20])) + (f" … ({len(has)} in all)" if len(has) > 20 else "")
            raise ValueError(f"assets={unknown or wanted} is not allowed: give some of {shown}, each once")
        panel = panel.sel(asset=wanted)
    first, last = _day("start", start), _day("end", end, late=True)
    whole = panel.indexes["date"]
    panel = panel.sel(date=slice(first, last))
    traded = panel["close"].notnull().any("asset").to_numpy().nonzero()[0]
    if len(traded) == 0:
        raise ValueError(f"start={start} to end={end} holds no prices: the panel has {whole[0]:%F} to {whole[-1]:%F}")
    return panel.isel(date=slice(int(traded[0]), int(traded[-1]) + 1))


def _day(name: str, text: str | None, *, late: bool = False) -> Any:
    """A date, or the last moment of it."""
    import pandas as pd

    if text is None:
        return None
    try:
        day: Any = pd.Timestamp(text)
    except ValueError:
        raise ValueError(f"{name}={text} is not allowed: give a date such as 2015-01-31") from None
    if pd.isna(day) or day.tz is not None:
        raise ValueError(f"{name}={text} is not allowed: give a date without a time zone, such as 2015-01-31")
    return day + pd.Timedelta(days=1, nanoseconds=-1) if late and day == day.normalize() else day
