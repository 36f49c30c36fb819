"""Columns of dates and words as arrays: dates with the year first, or last where that is certain.

In come columns of Arrow tables, out come days and codes. What may mean two dates is refused rather than guessed.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np


def encoded(column: Any) -> tuple[list[Any], np.ndarray]:
    """Distinct values in the order in which they appear, and the code of each row; -1 where it is missing."""
    import pyarrow

    joined = column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
    coded = joined if pyarrow.types.is_dictionary(joined.type) else joined.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    used = coded.indices.unique().drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    renumbered = np.full(len(coded.dictionary) + 1, -1)  # the last place is where -1 points
    renumbered[used] = np.arange(len(used))
    words = coded.dictionary.to_pylist()
    return [words[i] for i in used], renumbered[codes]


def read_days(file: Path, column: Any) -> np.ndarray:
    """Dates as datetime64[D]; a time of day is left out, the day is that of the time zone written in the file."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) or pyarrow.types.is_date(column.type):
        zoned = getattr(column.type, "tz", None)
        dates = (column.to_pandas().dt.tz_localize(None) if zoned else column).to_numpy().astype("datetime64[D]")
        bad = np.isnat(dates)
    else:
        words, codes = encoded(column)
        found = np.append(_parsed([str(word).strip() for word in words], file.name), np.datetime64("NaT"))
        dates, bad = found[codes], codes < 0
    if bad.any():
        raise ValueError(f"{file.name}: row {int(bad.argmax()) + 1} has no date: give one such as 2015-01-31")
    return dates


def _parsed(words: list[str], name: str) -> np.ndarray:
    """Dates with the year first; or last, where only one of day and month first can be read throughout."""
    time = r"(?:[T ]\d{1,2}:\d{2}.*)?"
    iso = re.compile(r"(?P<y>\d{4})([-/.]?)(?P<m>\d{1,2})\2(?P<d>\d{1,2})" + time)
    if words and re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*", words[0]):
        orders = [
            r"(?P<m>\d{1,2})([-/.])(?P<d>\d{1,2})\2(?P<y>\d{4})",
            r"(?P<d>\d{1,2})([-/.])(?P<m>\d{1,2})\2(?P<y>\d{4})",
        ]
        read = [_by_pattern(words, re.compile(order + time)) for order in orders]
        whole = [days for days, wrong in read if wrong is None]
        if len(whole) == 2 and (whole[0] != whole[1]).any():
            raise ValueError(f"{name}: {words[0]!r} may have the day or the month first: write dates as 2015-01-31")
        days, wrong = (whole[0], None) if whole else read[0]
    else:
        days, wrong = _by_pattern(words, iso)
    if wrong is not None:
        raise ValueError(f"{name}: {wrong!r} cannot be read as a date: write dates as 2015-01-31")
    return days


def _by_pattern(words: list[str], pattern: re.Pattern[str]) -> tuple[np.ndarray, str | None]:
    """Dates as far as the pattern goes, and the first word that is none."""
    days = np.empty(len(words), "datetime64[D]")
    for i, word in enumerate(words):
        found = pattern.fullmatch(word)
        try:
            days[i] = np.datetime64(f"{found['y']}-{found['m']:0>2}-{found['d']:0>2}" if found else word, "D")
        except ValueError:  # the 30th of February
            found = None
        if not found:
            return days[:i], word
    return days, None
