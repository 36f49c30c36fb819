"""The one who changes a store: new files beside the old ones, then a manifest that names them.

In come rows and what is known of them; the store goes from one generation to the next at the moment the manifest is
renamed. Files that no manifest names any more stay until the next commit, for readers who have begun with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcore.markets.store.disk import ASIDE, sync_folder, write_durably
from dlcore.markets.store.lock import only_writer
from dlcore.markets.store.manifest import QUARANTINE, Holding, Manifest, Part, read_manifest
from dlcore.markets.store.parts import read_parts, to_part, to_table
from dlcore.markets.store.places import MANIFEST, is_store, store_folder

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

MOST_PARTS = 8  # files of one year before they are made one: a download commits often


@dataclass
class Writer:
    """Holds the lock of a store.

    Attributes
    ----------
    folder : Path
        That of the store.
    manifest : Manifest or None
        Of the present generation; None before the first commit.
    """

    folder: Path
    manifest: Manifest | None

    def commit(
        self,
        manifest: Manifest,
        rows: "pd.DataFrame",
        quarantined: "pd.DataFrame",
        *,
        run: int,
        replaced: frozenset[str] = frozenset(),
        asked: str = "",
    ) -> Manifest:
        """Make the next generation.

        Parameters
        ----------
        manifest : Manifest
            What is to be true of it; its parts are those to start from, its generation and symbols are brought up to
            date here.
        rows, quarantined : DataFrame
            As from `screen_rows`; symbols categorical, new ones are stored in the order of the categories. No row may
            stand for a symbol and date that is stored already.
        run : int
            Number of the run that brings them.
        replaced : frozenset of str
            Symbols whose stored rows, and rows in quarantine, leave the store.
        asked : str
            First date that was asked for, for symbols that are new or replaced.

        Returns
        -------
        Manifest
            The one that is now on the disk.
        """
        self._sweep()
        generation = 1 + (self.manifest.generation if self.manifest else 0)
        fresh = {str(year): group for year, group in rows.groupby(rows["date"].dt.year.to_numpy())}
        if len(quarantined):
            fresh[QUARANTINE] = quarantined.assign(run=run)
        parts: list[Part] = []
        for partition in sorted({*fresh, *(part.partition for part in manifest.parts)}):
            old = [part for part in manifest.parts if part.partition == partition]
            new = to_table(fresh[partition]) if partition in fresh else None
            parts += self._partition(partition, old, new, generation, run, replaced)
        changes = {
            "generation": generation,
            "symbols": _holdings(manifest.symbols, rows, replaced, asked),
            "parts": tuple(parts),
        }
        self.manifest = manifest.model_copy(update=changes)
        write_durably(self.folder / MANIFEST, self.manifest.model_dump_json(indent=1).encode())
        return self.manifest

    def _partition(
        self,
        partition: str,
        old: list[Part],
        new: "pyarrow.Table | None",
        generation: int,
        run: int,
        replaced: frozenset[str],
    ) -> list[Part]:
        """The files of one year: new rows go beside the old, unless old ones leave or there are too many files."""
        import pyarrow

        merge = new is not None and len(old) >= MOST_PARTS
        kept, tables, runs = [], [] if new is None else [new], [] if new is None else [run]
        for part in old:
            rest = self._without(part, replaced) if merge or replaced else None
            if rest is None or (rest.num_rows == part.rows and not merge):
                kept.append(part)
            else:
                tables.append(rest)
                runs += part.runs
        joined = (
            pyarrow.concat_tables(tables).sort_by([("date", "ascending"), ("symbol", "ascending")]) if tables else None
        )
        if not joined:
            return kept
        made, content = to_part(joined, partition, generation, runs)
        write_durably(self.folder / made.file, content)
        return [*kept, made]

    def _without(self, part: Part, replaced: frozenset[str]) -> "pyarrow.Table":
        """The rows of a file but for those of some symbols."""
        import pyarrow
        from pyarrow import compute

        table = read_parts(self.folder, [part])[0]
        plain = table.set_column(1, "symbol", table["symbol"].cast(pyarrow.string()))
        leaving = compute.is_in(plain["symbol"], pyarrow.array(sorted(replaced), pyarrow.string()))  # pyright: ignore[reportAttributeAccessIssue] -- made at run time
        return plain.filter(compute.invert(leaving))  # pyright: ignore[reportAttributeAccessIssue] -- made at run time

    def _sweep(self) -> None:
        """Remove what a killed writer left, and what the generation before the present one still had."""
        named = {part.file for part in self.manifest.parts} if self.manifest else set()
        for place in self.folder.iterdir():
            if place.name.endswith((ASIDE, ".parquet")) and place.name not in named:
                place.unlink()


@contextmanager
def open_writer(name: str, wait: float) -> Iterator[Writer]:
    """Become the one who may change a store.

    Parameters
    ----------
    name : str
        Of a store that is there or not.
    wait : float
        Seconds to wait for another writer.

    Raises
    ------
    ValueError
        For a name that is not allowed.
    TimeoutError
        Where another process writes for longer.
    """
    folder = store_folder(name)
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
    with only_writer(folder, wait):
        yield Writer(folder, read_manifest(folder) if is_store(name) else None)


def _holdings(
    stored: dict[str, Holding], rows: "pd.DataFrame", replaced: frozenset[str], asked: str
) -> dict[str, Holding]:
    """What is held of each symbol after the rows have come; the order of the old ones stays, new ones follow."""
    holdings = {symbol: held for symbol, held in stored.items() if symbol not in replaced}
    found = rows.groupby("symbol", sort=True, observed=True)["date"].agg(["size", "min", "max"])
    for symbol, size, first, last in found.itertuples():
        new = Holding(rows=int(size), first=f"{first:%F}", last=f"{last:%F}", asked=asked)
        held = holdings.get(str(symbol), new.model_copy(update={"rows": 0}))
        changes = {"rows": held.rows + new.rows, "first": min(held.first, new.first), "last": max(held.last, new.last)}
        holdings[str(symbol)] = held.model_copy(update=changes)
    return {symbol: holdings[symbol] for symbol in dict.fromkeys([*stored, *holdings]) if symbol in holdings}
