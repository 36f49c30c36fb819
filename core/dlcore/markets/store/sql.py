"""SQL over the stores: DuckDB in this process, one view a store, nothing else within reach.

In comes one SELECT, out comes a table. The views are the rows as stored: prices as the source gave them, `adjustment`
beside them. The database lives in memory, opens no file by itself and cannot be told to.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from dlcore.markets.store.manifest import QUARANTINE, Manifest, read_manifest
from dlcore.markets.store.parts import damaged
from dlcore.markets.store.places import store_names, store_root

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from pyarrow.dataset import Dataset

LOCKED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",  # else a word could mean a variable of this program
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}


def query(sql: str) -> "pd.DataFrame":
    """Answer one SELECT.

    Parameters
    ----------
    sql : str
        The tables are the stores by name, with `date`, `symbol` and their fields; names with a hyphen in double quotes.

    Returns
    -------
    DataFrame
        The answer.

    Raises
    ------
    ValueError
        One line: for anything but one SELECT, for what DuckDB refuses, and for a damaged store.
    ModuleNotFoundError
        Where duckdb is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError:
        raise ModuleNotFoundError("duckdb is not installed: pip install dlcore[store]", name="duckdb") from None
    while True:
        stores = {name: read_manifest(store_root() / name) for name in store_names()}
        try:
            with _connect(stores) as connection:
                _check_select(sql)
                return connection.execute(sql).df()
        except (duckdb.Error, FileNotFoundError) as error:
            now = {name: read_manifest(store_root() / name) for name in store_names()}
            if now == stores:  # else a writer has replaced a generation meanwhile
                if isinstance(error, FileNotFoundError):
                    raise ValueError(damaged(*Path(str(error)).parts[-2:])) from None
                said = " ".join(str(error).split("\n\n")[0].split())
                raise ValueError(
                    f"{said}; the tables are {', '.join(stores) or 'none yet: dlcore data import'}"
                ) from None


def _check_select(sql: str) -> None:
    import duckdb

    kinds = [statement.type for statement in duckdb.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        shown = ", ".join(kind.name for kind in kinds) or "nothing"
        raise ValueError(f"sql={shown} is not allowed: give one SELECT")


def _connect(stores: dict[str, Manifest]) -> "duckdb.DuckDBPyConnection":
    """A database in memory with a view for each store."""
    import duckdb

    connection = duckdb.connect(":memory:", config={**LOCKED})
    for name, manifest in stores.items():
        connection.register(name, _dataset(name, manifest))
    connection.execute("SET lock_configuration = true")
    return connection


def _dataset(name: str, manifest: Manifest) -> "Dataset":
    """The files of a store's years, not read yet."""
    import pyarrow as pa
    from pyarrow import dataset

    numbers = [(column, pa.float64()) for column in manifest.columns]
    schema = pa.schema([("date", pa.date32()), ("symbol", pa.string()), *numbers])
    files = [str(store_root() / name / part.file) for part in manifest.parts if part.partition != QUARANTINE]
    return dataset.dataset(files, schema=schema, format="parquet")
