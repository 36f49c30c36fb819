"""Arrays over (date, asset) as Parquet: a row for each date and asset, a column for each variable.

In comes a Dataset, out comes a file that DuckDB and pandas read too; `read_table` gives the Dataset back, in float32.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def write_table(dataset: "xr.Dataset", path: Path) -> None:
    """Write the variables over (date, asset).

    Parameters
    ----------
    dataset : Dataset (date, asset)
        Numbers; they are kept as float32, NaN as it is. Each variable's attrs of text and numbers are kept too.
    path : Path
        Of the file.
    """
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    dates, assets = dataset["date"].to_numpy().astype("datetime64[D]"), dataset["asset"].to_numpy().astype(str)
    rows = np.repeat(np.arange(len(dates), dtype=np.int32), len(assets))
    columns = np.tile(np.arange(len(assets), dtype=np.int32), len(dates))
    table = {
        "date": pa.DictionaryArray.from_arrays(rows, pa.array(dates)),
        "asset": pa.DictionaryArray.from_arrays(columns, pa.array(assets)),
    }
    for name, variable in dataset.data_vars.items():
        table[str(name)] = pa.array(variable.transpose("date", "asset").to_numpy().astype(np.float32).ravel())
    attrs = json.dumps({str(name): variable.attrs for name, variable in dataset.data_vars.items()})
    written = pa.table(table).replace_schema_metadata({"dlcore": attrs})
    pq.write_table(written, path, compression="none", use_dictionary=["date", "asset"])  # pyright: ignore[reportArgumentType] -- a list of columns is allowed


def read_table(path: Path) -> "xr.Dataset":
    """Read what `write_table` wrote.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    Dataset (date, asset)
        float32 variables in their order.
    """
    import json

    import pyarrow.parquet as pq
    import xarray as xr

    table = pq.read_table(path, read_dictionary=["asset"])
    days = table["date"].to_numpy().astype("datetime64[ns]")  # (T · N,)
    count = int(np.flatnonzero(days != days[0])[0]) if (days != days[0]).any() else len(days)
    assets = np.array(table["asset"].slice(0, count).to_pylist())
    axes = {"date": days[::count], "asset": assets}
    attrs = json.loads(table.schema.metadata[b"dlcore"])
    variables = {
        name: (("date", "asset"), table[name].to_numpy().reshape(len(axes["date"]), count), attrs[name])
        for name in table.column_names[2:]
    }
    return xr.Dataset(variables, axes)
