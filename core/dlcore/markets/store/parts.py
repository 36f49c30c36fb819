"""Rows as Parquet and back: one file for the rows of a year, sorted by date and symbol, prices as the source gave them.

In come DataFrames, out come bytes with what the manifest says of them; and Arrow tables of the files that it names.
Columns are those that SQL wants: `date` (a date), `symbol` (text), numbers in float64, null where there is none.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.markets.store.manifest import Part

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

COMPRESSION = "zstd"


def to_table(frame: "pd.DataFrame") -> "pyarrow.Table":
    """Rows as an Arrow table, sorted by date, then symbol.

    Parameters
    ----------
    frame : DataFrame
        `date`, `symbol` and others.

    Returns
    -------
    Table
        `date` as date32; nulls where a number is NaN.
    """
    import pandas as pd
    import pyarrow

    ordered = frame.assign(symbol=frame["symbol"].astype("str")).sort_values(["date", "symbol"], kind="stable")
    columns: dict[str, Any] = {"date": pyarrow.array(ordered["date"].to_numpy().astype("datetime64[D]"))}
    for name in ordered.columns.drop("date"):
        words = not pd.api.types.is_numeric_dtype(ordered[name])
        kind = pyarrow.string() if words else pyarrow.float64()
        columns[str(name)] = pyarrow.array(ordered[name].to_numpy(), kind, from_pandas=True)
    return pyarrow.table(columns)


def to_part(table: "pyarrow.Table", partition: str, generation: int, runs: Iterable[int]) -> tuple[Part, bytes]:
    """A file's content, and what the manifest says of it.

    Parameters
    ----------
    table : Table
        Sorted by date, one row at least.
    partition : str
        A year, or "quarantine".
    generation : int
        The one in which the file is written; makes its name unique.
    runs : iterable of int
        Numbers of the runs whose rows are in it.

    Returns
    -------
    part : Part
        With the hash of the content.
    content : bytes
        Parquet.
    """
    import pyarrow
    from pyarrow import parquet

    sink = pyarrow.BufferOutputStream()
    words: Any = ["symbol"]  # pyarrow takes a list as well as a bool
    parquet.write_table(table, sink, compression=COMPRESSION, use_dictionary=words)
    content = sink.getvalue().to_pybytes()
    days = table["date"]
    part = Part(
        file=f"{partition}-{generation:06d}.parquet",
        partition=partition,
        sha256=hashlib.sha256(content).hexdigest(),
        rows=table.num_rows,
        first=str(days[0]),
        last=str(days[-1]),
        runs=tuple(sorted(set(runs))),
    )
    return part, content


def read_parts(folder: Path, parts: Sequence[Part], columns: Sequence[str] | None = None) -> "list[pyarrow.Table]":
    """The tables of some files.

    Parameters
    ----------
    folder : Path
        That of the store.
    parts : sequence of Part
        Of its manifest.
    columns : sequence of str, optional
        These only; all without it.

    Returns
    -------
    list of Table
        One for each part; `symbol` is dictionary-encoded.

    Raises
    ------
    FileNotFoundError
        Where a writer has replaced the generation meanwhile.
    ValueError
        Where a file is not what was written.
    """
    import pyarrow
    from pyarrow import parquet

    tables = []
    for part in parts:
        try:
            file = parquet.ParquetFile(folder / part.file, memory_map=True, read_dictionary=["symbol"])
            tables.append(file.read(None if columns is None else list(columns)))
        except (pyarrow.ArrowException, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ValueError(damaged(folder.name, part.file)) from None
    return tables


def damaged(name: str, file: str) -> str:
    """What to say of a file that is not as it was written."""
    return f"store {name} is damaged: {file} is not what was written: remove its folder and fill it anew"


def symbols_of(tables: "Sequence[pyarrow.Table]", order: dict[str, int]) -> np.ndarray:
    """The place (rows,) of each row's symbol in an order, over all tables."""
    places = []
    for table in tables:
        for chunk in table["symbol"].chunks:
            known = np.array([order[word] for word in chunk.dictionary.to_pylist()], np.int64)
            places.append(known[chunk.indices.to_numpy(zero_copy_only=False)])
    return np.concatenate(places)
