"""Your own files into a store of your own.

In comes a path, out comes a store that holds all of its rows: those that may be in a Panel by year, the others in
quarantine. Importing again under the same name replaces what the name held, in one step.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcore.markets.files import RawPrices, read_rows
from dlcore.markets.rows import ADJUSTED, UNKNOWN, Rows, open_days, place_rows
from dlcore.markets.store.manifest import Manifest, Run
from dlcore.markets.store.places import store_folder
from dlcore.markets.store.reading import count_reasons
from dlcore.markets.store.schema import screen_rows
from dlcore.markets.store.writer import open_writer

if TYPE_CHECKING:
    import pandas as pd

FILES = "files"  # the origin of a store that was imported
WAIT = 60.0  # seconds for another writer


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    name : str
        Of the store.
    rows, assets, sessions : int
        What it holds now.
    first, last : str
        Its first and last session.
    quarantined : int
        Rows in quarantine.
    """

    name: str
    rows: int
    assets: int
    sessions: int
    first: str
    last: str
    quarantined: int


def import_panel(path: str | Path, name: str, *, calendar: str = "auto", wait: float = WAIT) -> Imported:
    """Store your own prices under a name that `load_panel` then knows.

    Parameters
    ----------
    path : str or Path
        A CSV or Parquet file or a folder of such, as `load_panel` reads it.
    name : str
        A word in small letters, digits, _ and -; not that of a built-in market or of a downloaded store.
    calendar : str
        Code of the exchange, or ``auto`` as `FileSettings` explains it.
    wait : float
        Seconds to wait for another process that writes the same store.

    Returns
    -------
    Imported
        What the store holds now.

    Raises
    ------
    ValueError, FileNotFoundError
        As `load_panel` for the same path; for a name that is not allowed.
    TimeoutError
        Where another process writes for longer.
    """
    store_folder(name)
    raw = read_rows(str(path))
    days, _ = place_rows(raw.name, raw.rows)
    chosen, is_open = open_days(raw.name, days, calendar)
    clean, quarantined = screen_rows(_frame(raw.rows), chosen, days[is_open])
    priced = clean.dropna(subset=["close", *clean.columns.intersection(["adjustment"])])
    if priced.empty:
        raise ValueError(f"{raw.name} holds no close that a Panel may hold: {count_reasons(quarantined)}")
    inputs = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in raw.files}
    with open_writer(name, wait) as writer:
        manifest = _emptied(writer.manifest, name, raw, chosen, clean)
        number = len(manifest.runs) + 1
        run = Run.now(number, "import", inputs, rows=len(clean), quarantined=len(quarantined))
        manifest = manifest.model_copy(update={"runs": (*manifest.runs, run)})
        stored = writer.commit(manifest, clean, quarantined, run=number)
    dates: Any = clean["date"]
    return Imported(
        name=name,
        rows=stored.rows,
        assets=len(stored.symbols),
        sessions=int(dates.nunique()),
        first=f"{dates.min():%F}",
        last=f"{dates.max():%F}",
        quarantined=stored.quarantined,
    )


def _frame(rows: Rows) -> "pd.DataFrame":
    import pandas as pd

    symbols = pd.Categorical.from_codes(rows.codes, categories=pd.Index(rows.labels))  # pyright: ignore[reportArgumentType] -- int64 is what it wants
    return pd.DataFrame({"date": rows.days.astype("datetime64[ns]"), "symbol": symbols} | rows.fields)


def _emptied(manifest: Manifest | None, name: str, raw: RawPrices, calendar: str, clean: "pd.DataFrame") -> Manifest:
    """A manifest without files, for what is to come; what was done before stays on record."""
    if manifest and manifest.origin != FILES:
        raise ValueError(f"store {name} is filled from {manifest.origin}: give the import a name of its own")
    adjustment = ADJUSTED.format("file") if "adjustment" in clean else UNKNOWN
    return Manifest(
        generation=manifest.generation if manifest else 0,
        origin=FILES,
        columns=tuple(clean.columns.drop(["date", "symbol"])),
        attrs={**raw.attrs, "adjustment": adjustment, "calendar": calendar},
        runs=manifest.runs if manifest else (),
    )
