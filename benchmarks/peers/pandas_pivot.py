"""The stored rows, read and pivoted by pandas: one wide frame for each field."""

import glob

import pandas as pd
from turns import take_turns

FIELDS = ("open", "high", "low", "close", "volume")


def prepare(given):
    files = sorted(glob.glob(str(given["files"])))

    def work():
        columns = ["date", "symbol", *FIELDS]
        rows = pd.concat([pd.read_parquet(file, columns=columns, partitioning=None) for file in files])
        return {
            field: rows.pivot(index="date", columns="symbol", values=field)  # noqa: PD010 -- each is there once
            for field in FIELDS
        }

    return work, lambda kept: {field: frame.to_numpy() for field, frame in kept.items()}


take_turns(prepare, "pandas")
