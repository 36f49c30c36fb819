"""The stored rows, pivoted by DuckDB: one wide frame for each field."""

import duckdb
import numpy as np
from turns import take_turns

FIELDS = ("open", "high", "low", "close", "volume")


def prepare(given):
    files = str(given["files"])

    def work():
        link = duckdb.connect()
        rows = f"(select date, symbol, {', '.join(FIELDS)} from read_parquet('{files}'))"
        return {
            field: link.sql(
                f"pivot (select date, symbol, {field} from {rows}) on symbol using first({field}) order by date"
            ).df()
            for field in FIELDS
        }

    return work, lambda kept: {k: v.drop(columns="date").to_numpy(np.float64) for k, v in kept.items()}


take_turns(prepare, "duckdb")
