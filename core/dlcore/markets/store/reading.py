"""From a store to a Panel, or to its rows in quarantine; and whether its files are those that were written.

In comes a name, out comes what the generation holds that was current when the reader began. A writer who replaces it
meanwhile takes no file away that is being read, and a reader who comes too late for one begins anew.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dlcore.markets.rows import FIELDS, spread_rows
from dlcore.markets.store.manifest import QUARANTINE, Manifest, read_manifest
from dlcore.markets.store.parts import damaged, read_parts, symbols_of
from dlcore.markets.store.places import store_folder

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Found = TypeVar("Found")
SHOWN = 3  # rows in quarantine, for each reason


def read_store(name: str) -> "xr.Dataset":
    """Read a store as a Panel.

    Parameters
    ----------
    name : str
        Of a store.

    Returns
    -------
    Dataset (date, asset)
        A checked Panel: prices times `adjustment` where the source gave an adjusted close; assets in the order in which
        they were stored. ``attrs["quarantined"]`` counts the rows in quarantine by reason and shows the first.

    Raises
    ------
    ValueError
        Where there is no such store, or its files are damaged.
    """
    return reading(name, _panel)


def read_quarantine(name: str) -> "pd.DataFrame":
    """Read the rows that broke a rule.

    Parameters
    ----------
    name : str
        Of a store.

    Returns
    -------
    DataFrame
        `date`, `symbol`, the fields as they came, `reason` (in words, one after another by "; ") and `run`; by date,
        then symbol. Empty where no row broke one.

    Raises
    ------
    ValueError
        As `read_store`.
    """
    return reading(name, _quarantine)


def verify_store(name: str) -> list[str]:
    """Compare the files of a store with the hashes in its manifest.

    Parameters
    ----------
    name : str
        Of a store.

    Returns
    -------
    list of str
        One line for each file that is not what was written; empty where all are.

    Raises
    ------
    ValueError
        As `read_store`.
    """
    return reading(name, _unlike)


def reading(name: str, use: Callable[[Path, Manifest], Found]) -> Found:
    """Use the current generation of a store, and the next one where a file of it is gone meanwhile.

    Parameters
    ----------
    name : str
        Of a store.
    use : callable
        Takes the folder and the manifest; may raise FileNotFoundError.

    Returns
    -------
    whatever `use` does

    Raises
    ------
    ValueError
        Where there is no such store, or a file is gone that the manifest still names.
    """
    folder = store_folder(name)
    manifest = read_manifest(folder)
    while True:
        try:
            return use(folder, manifest)
        except FileNotFoundError as error:
            newer = read_manifest(folder)
            if newer.generation == manifest.generation:
                raise ValueError(damaged(name, Path(str(error.filename or "a file")).name)) from None
            manifest = newer


def _panel(folder: Path, manifest: Manifest) -> "xr.Dataset":
    from dlcore.markets.panel import check_panel

    parts = [part for part in manifest.parts if part.partition != QUARANTINE]
    if not parts:
        raise ValueError(f"store {folder.name} holds no prices: fill it anew")
    fields = [name for name in (*FIELDS, "adjustment") if name in manifest.columns]
    tables = read_parts(folder, parts, ["date", "symbol", *fields])
    labels = list(manifest.symbols)
    codes = symbols_of(tables, {label: i for i, label in enumerate(labels)})
    dates = _column(tables, "date").astype("datetime64[D]")
    first = dates.min()
    since = (dates - first).astype(np.int64)
    present = np.bincount(since) > 0  # (calendar days,)
    places = (np.cumsum(present) - 1)[since], codes
    values = {name: _column(tables, name) for name in fields}
    panel = spread_rows(first + present.nonzero()[0], labels, places, values)
    return check_panel(
        panel.assign_attrs({**manifest.attrs, "quarantined": count_reasons(_quarantine(folder, manifest))})
    )


def _column(tables: Sequence, name: str) -> np.ndarray:
    """A column of all tables; NaN where it is null."""
    chunks = [chunk for table in tables for chunk in table[name].chunks]
    return np.concatenate([chunk.to_numpy(zero_copy_only=False) for chunk in chunks])


def _quarantine(folder: Path, manifest: Manifest) -> "pd.DataFrame":
    import pandas as pd

    parts = [part for part in manifest.parts if part.partition == QUARANTINE]
    numbers = ["adj_close" if name == "adjustment" else name for name in manifest.columns]
    kinds = {"date": "datetime64[ns]", "symbol": "str", **dict.fromkeys(numbers, "float64"), "reason": "str"}
    kinds |= {"run": "int64"}
    tables = [table.to_pandas(date_as_object=False) for table in read_parts(folder, parts)]
    found = pd.concat(tables) if tables else pd.DataFrame(columns=pd.Index(kinds))
    return found.astype(kinds).sort_values(["date", "symbol"], kind="stable", ignore_index=True)


def count_reasons(quarantined: "pd.DataFrame") -> str:
    """How many rows are in quarantine, and for each reason the first of them."""
    if quarantined.empty:
        return "none"
    reasons: dict[str, list[str]] = {}
    for row in quarantined.to_dict("records"):
        for said in str(row["reason"]).split("; "):
            field, _, reason = said.rpartition(": ")
            where = (
                f"{row['date']:%F} {row['symbol']} {field} {row[field]:g}"
                if field
                else f"{row['date']:%F} {row['symbol']}"
            )
            reasons.setdefault(reason, []).append(where)
    shown = [
        f"{reason}: {len(lines)} ({', '.join(lines[:SHOWN])}{', …' if len(lines) > SHOWN else ''})"
        for reason, lines in reasons.items()
    ]
    count = len(quarantined)
    return f"{count} {'row is' if count == 1 else 'rows are'} in quarantine; " + "; ".join(shown)


def _unlike(folder: Path, manifest: Manifest) -> list[str]:
    hashes = {part.file: part.sha256 for part in manifest.parts}
    found = {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in hashes}
    return [damaged(folder.name, file) for file, sha256 in hashes.items() if found[file] != sha256]
