"""Many channels, step after step, from a file: with a date and names as in ETTh1.csv, or numbers and nothing else.

In comes a path; out comes a Series, or one line that says which cell cannot be used. Nothing is filled or dropped.
"""

import gzip
import zlib
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

DAY_S = 86_400
GZIPPED = b"\x1f\x8b"


@dataclass(frozen=True, eq=False)
class Series:
    """What the file holds.

    Attributes
    ----------
    values : array of float64 (rows, channels)
        Oldest first, finite. A row is a step, whatever its date: no gap between dates is seen.
    names : tuple of str
        Of the channels.
    steps_per_day : int or None
        24 for hours; None where there are no dates, or none that divide a day evenly.
    """

    values: np.ndarray
    names: tuple[str, ...]
    steps_per_day: int | None


def read_series(path: str | Path) -> Series:
    """Read a table of numbers.

    Parameters
    ----------
    path : str or Path
        Text, also gzipped: a head with names, one of which may be `date`; or a matrix without any head. Between the
        columns commas, or blanks where the first line has no comma.

    Returns
    -------
    Series

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        For a cell that is no finite number, dates that are not ascending, or a file without rows or channels.
    """
    import pandas as pd

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not a file: give a table such as ETTh1.csv")
    text = _text(path)
    first = text.partition("\n")[0]
    head = None if all(map(_is_number, first.split(",") if "," in first else first.split())) else 0
    form = {"sep": "," if "," in first else r"\s+", "skipinitialspace": True, "keep_default_na": False}
    try:
        table = pd.read_csv(StringIO(text), header=head, dtype=str, **form)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path.name} is no table of numbers: {str(error).splitlines()[0]}") from None
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes what has no name for labels of the rows
        raise ValueError(f"{path.name} has more columns than names: give a name for each")
    date = next((column for column in table if str(column).strip().lower() == "date"), None)
    steps = None if date is None else _steps_per_day(table.pop(date), path.name)
    if table.empty:
        raise ValueError(f"{path.name} has {len(table)} rows and {table.shape[1]} channels: give some of both")
    return Series(_numbers(table, path.name), tuple(str(column).strip() for column in table), steps)


def _text(path: Path) -> str:
    """What is in the file, unzipped, without leading blank lines."""
    content = path.read_bytes()
    try:
        if content.startswith(GZIPPED):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig").lstrip()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise ValueError(f"{path.name} is no text, and no whole gzipped text: give a table of numbers") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(table: "pd.DataFrame", name: str) -> np.ndarray:
    """Float64 (rows, channels); the first cell that is no finite number is named."""
    import pandas as pd

    values = table.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        cell = f"row {row + 1} of channel {table.columns[column]} is {table.iloc[row, column]!r}"
        raise ValueError(f"{name}: {cell}: give finite numbers, nothing is filled")
    return values


def _steps_per_day(dates: "pd.Series", name: str) -> int | None:
    """How many rows make a day, by the median distance between two; refuses what is not ascending."""
    import pandas as pd

    known = pd.to_datetime(dates, errors="coerce", format="mixed", utc=True)
    if known.isna().any():
        row = int(known.isna().to_numpy().argmax())
        raise ValueError(f"{name}: row {row + 1} has date {dates.iloc[row]!r}: give dates such as 2016-07-01 00:00:00")
    apart = np.diff(known.dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64))  # s
    if (apart <= 0).any():
        row = int((apart <= 0).argmax()) + 1
        raise ValueError(
            f"{name}: row {row + 1} has date {dates.iloc[row]!r}, not after the one before: sort, and drop doubles"
        )
    step = int(np.median(apart)) if len(apart) else 0
    return DAY_S // step if 0 < step <= DAY_S and DAY_S % step == 0 else None
