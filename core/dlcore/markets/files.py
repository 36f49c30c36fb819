"""Your own prices: CSV and Parquet files, or a folder of them, as a Panel.

In comes a path, out comes a checked Panel. Columns are found by their names in any case and order; what a Panel may
not hold is NaN in it and listed in `attrs["quarantined"]`: nothing is filled, and nothing goes missing in silence.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

ENDINGS = (".csv", ".csv.gz", ".parquet", ".parquet.gz")
BARS = ("open", "high", "low", "close")
FIELDS = (*BARS, "volume", "adjclose")
SYMBOLS = ("symbol", "ticker", "asset", "code", "name")  # the first that is there: `name` may be a company's
MEANINGS = {"datetime": "date", "timestamp": "date", "adjustedclose": "adjclose"}
EMPTY = ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "."]
SHOWN = 3  # of the quarantined values, for each reason


@dataclass(frozen=True)
class FileSettings:
    """How to read a file, behind a question mark: ``"prices.csv?calendar=XETR"``.

    Attributes
    ----------
    calendar : str
        Code of an exchange as `sessions` knows it. ``auto`` chooses XNYS where at least 99 % of the file's dates are
        its sessions; else 24/7 where at least a tenth of the dates are on weekends; else 24/5, all weekdays.
    """

    calendar: str = "auto"


@dataclass(frozen=True)
class Rows:
    """Prices in long form: row i is asset ``labels[codes[i]]`` on ``days[i]``, each field an array of as many rows."""

    days: np.ndarray
    labels: list[str]
    codes: np.ndarray
    fields: dict[str, np.ndarray]


def is_path(text: str) -> bool:
    """Whether a name means a file or folder: it has a separator, ends in one of `ENDINGS`, or is there."""
    # os.path says False to names that make Path raise: too long, with a null character, an unknown ~user
    there = text != "" and os.path.exists(os.path.expanduser(text))
    return there or "/" in text or "\\" in text or text.lower().endswith(ENDINGS)


def read_files(path: str, settings: FileSettings) -> "xr.Dataset":
    """Read a long file, a file of yfinance with its two-row header, or a folder of files.

    A file without a column for the symbol holds one asset, named as the file. Where there is an adjusted close, the
    four prices are multiplied by `adjustment` = adjusted close / close; volume stays as reported.

    Parameters
    ----------
    path : str
        A file that ends in one of `ENDINGS`, or a folder of such.
    settings : FileSettings
        The calendar.

    Returns
    -------
    Dataset (date, asset)
        A Panel; assets in the order in which they first appear, files of a folder in the order of their names. Values
        that a Panel may not hold (prices not above zero, infinities, negative volumes, rows on days that are no
        sessions, prices whose adjustment cannot be known) are not in it: ``attrs["quarantined"]`` counts them by
        reason and shows the first.

    Raises
    ------
    FileNotFoundError
        Where nothing is at the path.
    ValueError
        One line: other endings, an empty file, missing or doubled columns, dates or prices that cannot be read, two
        rows for one asset and day.
    """
    place = Path(os.path.expanduser(path))
    files = _files(place)
    parts, ignored = [], []
    for file in files:
        heads, table = _read_parquet(file) if ".parquet" in file.name.lower() else _read_csv(file)
        parts += _rows(file, heads, table)
        known = {position for _, roles in _layout(file, heads) for position in roles.values()}
        ignored += [str(head) or "(no name)" for i, head in enumerate(heads) if i not in known]
    _all_or_none_adjusted(place, parts)
    rows = _together(parts)
    modified = np.datetime64(int(max(file.stat().st_mtime for file in files)), "s")
    attrs = {
        "source": place.resolve().name,
        "licence": "as given by the file's owner",
        "retrieved_at": str(modified.astype("datetime64[D]")),
        "weakness": "survivorship-biased unless the file lists members by date",
        "ignored_columns": ", ".join(dict.fromkeys(ignored)) or "none",
    }
    return _panel(place.name, rows, settings.calendar, attrs)


def _files(place: Path) -> list[Path]:
    """The file itself, or the files of a folder by name."""
    allowed = ", ".join(ENDINGS)
    if not os.path.exists(place):
        raise FileNotFoundError(f"{str(place)!r} is not there: give a file that ends in {allowed}, or a folder of such")
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.name.lower().endswith(ENDINGS) and file.is_file())
        files = [file for file in files if not file.name.startswith(".")]
        if not files:
            raise ValueError(f"folder {place.name} holds no prices: give one with files that end in {allowed}")
        return files
    if not place.name.lower().endswith(ENDINGS):
        raise ValueError(f"{place.name} is of no kind that can be read: give a file that ends in {allowed}")
    return [place]


def _bytes(file: Path) -> bytes:
    """The content, unpacked."""
    import gzip

    content = file.read_bytes()
    if file.name.lower().endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError):
            raise ValueError(f"{file.name} is no gzip file, or a part of one: pack it again") from None
    content = content.removeprefix(b"\xef\xbb\xbf")  # Excel's mark before UTF-8
    if not content.strip():
        raise ValueError(f"{file.name} is empty: give one with a header and a row for each date and symbol")
    return content


def _read_csv(file: Path) -> tuple[list[Any], Any]:
    """Heads of the columns and a table whose columns are named by their positions."""
    import csv

    import pyarrow
    from pyarrow import csv as arrow_csv

    content = _bytes(file).lstrip()
    if b"\0" in content[:1000]:
        raise ValueError(f"{file.name} is no text in UTF-8: save it as CSV in UTF-8")
    lines = content[: 1 << 20].decode(errors="replace").splitlines()[:3]
    delimiter = max(",;\t", key=lines[0].count)
    top = [[cell.strip() for cell in line] for line in csv.reader(lines, delimiter=delimiter)]
    heads, skip = _heads(top)
    roles = {at: role for _, roles in _layout(file, heads) for role, at in roles.items()}
    types = {str(at): "string" if role in ("date", "symbol") else "float64" for at, role in roles.items()}
    try:
        return heads, arrow_csv.read_csv(
            pyarrow.BufferReader(content),
            arrow_csv.ReadOptions(skip_rows=skip, column_names=[str(i) for i in range(len(heads))]),
            arrow_csv.ParseOptions(delimiter=delimiter),
            arrow_csv.ConvertOptions(column_types=types, include_columns=list(types), null_values=EMPTY),
        )
    except pyarrow.ArrowInvalid as error:
        why = re.sub(r"In CSV column #(\d+): ", lambda at: f"column {heads[int(at[1])]}: ", str(error).splitlines()[0])
        raise ValueError(f"{file.name}: {why}: give plain numbers such as 1234.5, nothing for a missing one") from None


def _heads(top: list[list[str]]) -> tuple[list[Any], int]:
    """Heads of the columns, as (field, ticker) where the header has two rows, and how many lines they take."""
    corners = {"price", "ticker", ""}
    if len(top) < 2 or not 1 < len(top[0]) == len(top[1]) or any(row[0].lower() not in corners for row in top[:2]):
        return top[0], 1
    first, second = (row[1:] for row in top[:2])
    if _role(first[0]) not in FIELDS:  # yfinance with group_by="ticker"
        first, second = second, first
    below = len(top) > 2 and not any(top[2][1:])  # a third row with nothing but the name of the dates
    return ["date", *zip(first, second, strict=True)], 2 + below


def _read_parquet(file: Path) -> tuple[list[Any], Any]:
    """Heads of the columns and a table whose columns are named by their positions."""
    from ast import literal_eval

    import pyarrow
    from pyarrow import parquet

    try:
        packed = file.name.lower().endswith(".gz")
        table = parquet.ParquetFile(pyarrow.BufferReader(_bytes(file)) if packed else file).read()
    except pyarrow.ArrowInvalid as error:
        raise ValueError(
            f"{file.name} cannot be read as Parquet ({str(error).splitlines()[0]}): write it anew"
        ) from None
    pair = re.compile(r"\('[^']*', '[^']*'\)")  # how pandas writes a header of two rows
    heads: list[Any] = [literal_eval(name) if pair.fullmatch(name) else name for name in table.column_names]
    heads = [head[0] if isinstance(head, tuple) and not head[1] else head for head in heads]
    if any(isinstance(head, tuple) and _role(head[0]) not in FIELDS for head in heads):
        heads = [head[::-1] if isinstance(head, tuple) else head for head in heads]
    return heads, table.rename_columns([str(i) for i in range(len(heads))])


def _role(head: str) -> str:
    """A head without case, spaces and punctuation, by its meaning."""
    plain = re.sub(r"[^a-z0-9]", "", head.lower())
    return MEANINGS.get(plain, plain)


def _layout(file: Path, heads: Sequence[Any]) -> list[tuple[str | None, dict[str, int]]]:
    """For each ticker of a two-row header, or once for a long file: role → position of its column."""
    shared: dict[str, int] = {}
    tickers: dict[str | None, dict[str, int]] = {}
    for i, head in enumerate(heads):
        ticker, role = (head[1], _role(head[0])) if isinstance(head, tuple) else (None, _role(head))
        roles = shared if role in ("date", *SYMBOLS) else tickers.setdefault(ticker, {})
        if role in roles and role in ("date", *SYMBOLS, *FIELDS):
            raise ValueError(f"{file.name}: columns {heads[roles[role]]} and {head} both mean {role}: keep one")
        roles[role] = i
    named = next((shared[role] for role in SYMBOLS if role in shared), None)
    wide = any(ticker for ticker in tickers)
    start = {"date": shared["date"]} if "date" in shared else {}
    if named is not None and not wide:
        start["symbol"] = named
    kept = {ticker: {role: at for role, at in roles.items() if role in FIELDS} for ticker, roles in tickers.items()}
    found = [(ticker, start | _closed(file, roles)) for ticker, roles in kept.items() if roles and (ticker or not wide)]
    if "date" not in start or not found or any("close" not in roles for _, roles in found):
        shown = ", ".join(str(head) for head in heads[:12])
        raise ValueError(f"{file.name} has columns {shown}: give date and close, and symbol where there are several")
    return found


def _closed(file: Path, roles: dict[str, int]) -> dict[str, int]:
    """Without a close, the adjusted close is the close, if there are no other prices to adjust."""
    if "close" in roles or "adjclose" not in roles:
        return roles
    if any(name in roles for name in BARS):
        raise ValueError(f"{file.name} has an adjusted close but no close: give the close too, to adjust the others by")
    return {("close" if role == "adjclose" else role): at for role, at in roles.items()}


def _rows(file: Path, heads: list[Any], table: Any) -> list[Rows]:
    """The long form of a file: one part, or one for each ticker of a two-row header."""
    if table.num_rows == 0:
        raise ValueError(f"{file.name} has no rows: give one for each date and symbol")
    parts = []
    days: dict[int, np.ndarray] = {}
    for ticker, roles in _layout(file, heads):
        if roles["date"] not in days:
            days[roles["date"]] = _days(file, table[str(roles["date"])])
        if "symbol" in roles:
            labels, codes = _symbols(file, table[str(roles["symbol"])])
        else:
            stem = file.name[: -len(next(end for end in ENDINGS if file.name.lower().endswith(end)))]
            labels, codes = [ticker or stem], np.zeros(table.num_rows, np.int64)
        fields = {role: _numbers(file, heads[at], table[str(at)]) for role, at in roles.items() if role in FIELDS}
        parts.append(Rows(days[roles["date"]], labels, codes, fields))
    return parts


def _encoded(column: Any) -> tuple[list[Any], np.ndarray]:
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


def _symbols(file: Path, column: Any) -> tuple[list[str], np.ndarray]:
    words, codes = _encoded(column)
    empty = [i for i, word in enumerate(words) if word is None or not str(word).strip()]
    missing = np.isin(codes, [-1, *empty])
    if missing.any():
        raise ValueError(f"{file.name}: row {int(missing.argmax()) + 1} has no symbol: give every row one")
    return [str(word) for word in words], codes


def _numbers(file: Path, head: Any, column: Any) -> np.ndarray:
    """A column as float64, NaN where it is empty."""
    import pyarrow

    try:
        return column.cast("float64", safe=False).to_numpy().astype(np.float64)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"{file.name}: column {head}: {why}: give plain numbers such as 1234.5") from None


def _days(file: Path, column: Any) -> np.ndarray:
    """Dates as datetime64[D]; a time of day is left out, the day is that of the time zone written in the file."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) or pyarrow.types.is_date(column.type):
        zoned = getattr(column.type, "tz", None)
        dates = (column.to_pandas().dt.tz_localize(None) if zoned else column).to_numpy().astype("datetime64[D]")
        bad = np.isnat(dates)
    else:
        words, codes = _encoded(column)
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


def _all_or_none_adjusted(place: Path, parts: list[Rows]) -> None:
    without = [part.labels[0] for part in parts if "adjclose" not in part.fields]
    if without and len(without) < len(parts):
        raise ValueError(
            f"{place.name}: {without[0]} has no adjusted close while others have: give all of them, or none"
        )


def _together(parts: list[Rows]) -> Rows:
    """One long form of several, NaN where a part lacks a field."""
    labels = list(dict.fromkeys(label for part in parts for label in part.labels))
    number = {label: i for i, label in enumerate(labels)}
    codes = [np.array([number[label] for label in part.labels])[part.codes] for part in parts]
    names = [name for name in FIELDS if any(name in part.fields for part in parts)]
    fields = {
        name: np.concatenate([part.fields.get(name, np.full(len(part.days), np.nan)) for part in parts])
        for name in names
    }
    return Rows(np.concatenate([part.days for part in parts]), labels, np.concatenate(codes), fields)


def _panel(name: str, rows: Rows, calendar: str, attrs: dict[str, str]) -> "xr.Dataset":
    """Scatter the rows over (date, asset), without what a Panel may not hold."""
    import xarray as xr

    from dlcore.markets.panel import check_panel

    _check_range(name, rows.days)
    first, N = rows.days.min(), len(rows.labels)
    since = (rows.days - first).astype(np.int64)  # (rows,) days since the first
    present = np.bincount(since) > 0  # (calendar days,)
    distinct, row = first + present.nonzero()[0], (np.cumsum(present) - 1)[since]
    _check_once(name, rows, row * N + rows.codes)
    chosen = _calendar(distinct) if calendar == "auto" else calendar
    is_open = _open(distinct, chosen)  # (distinct days,)
    if not is_open.any():
        raise ValueError(f"{name}: none of its {len(distinct)} dates is a session of {chosen}: name its calendar")
    kept = is_open[row]  # (rows,)
    fields, adjustment, quarantined = _clean(rows, ~kept, chosen)
    flat = (np.cumsum(is_open) - 1)[row[kept]] * N + rows.codes[kept]  # row-major places in (date, asset)
    if np.isnan(fields["close"][kept]).all():
        raise ValueError(f"{name} holds no close that a Panel may hold; quarantined: {quarantined}")
    shape = int(is_open.sum()), N
    variables = {}
    for field, values in fields.items():
        wide = np.full(shape, np.nan)
        wide.flat[flat] = values[kept]
        variables[field] = (("date", "asset"), wide)
    coords = {"date": distinct[is_open].astype("datetime64[ns]"), "asset": np.array(rows.labels)}
    attrs = attrs | {"adjustment": adjustment, "calendar": chosen, "quarantined": quarantined}
    return check_panel(xr.Dataset(variables, coords=coords, attrs=attrs))


def _check_range(name: str, days: np.ndarray) -> None:
    for day in (days.min(), days.max()):
        if not np.datetime64("1700-01-01") <= day < np.datetime64("2200-01-01"):
            raise ValueError(f"{name}: date {day} is not allowed: give dates from 1700 to 2199")


def _check_once(name: str, rows: Rows, flat: np.ndarray) -> None:
    """One row for each asset and day."""
    import pandas as pd

    if np.bincount(flat).max() > 1:
        i = int(pd.Series(flat).duplicated().to_numpy().argmax())
        where = f"{rows.days[i]} {rows.labels[rows.codes[i]]}"
        raise ValueError(f"{name}: {where} has two rows: keep one (bars within the day are not read)")


def _open(days: np.ndarray, calendar: str) -> np.ndarray:
    from dlcore.markets.calendar import sessions

    return np.isin(days, sessions(str(days[0]), str(days[-1]), calendar).to_numpy().astype("datetime64[D]"))


def _calendar(days: np.ndarray) -> str:
    """The calendar that fits, as `FileSettings` says: a file of New York may hold a few wrong days."""
    if _open(days, "XNYS").mean() >= 0.99:
        return "XNYS"
    return "24/7" if (~np.is_busday(days)).mean() >= 0.1 else "24/5"


def _clean(rows: Rows, closed: np.ndarray, calendar: str) -> tuple[dict[str, np.ndarray], str, str]:
    """Fields as a Panel has them, how they are adjusted, and the list of what is not among them."""
    taken: dict[str, list[str]] = {}  # reason → lines
    fields = dict(rows.fields)

    def take(field: str, bad: np.ndarray, reason: str) -> None:
        """Make values NaN and note where they were."""
        if bad.any():
            taken.setdefault(reason, []).extend(
                f"{rows.days[i]} {rows.labels[rows.codes[i]]} {field} {fields[field][i]:g}" for i in bad.nonzero()[0]
            )
            fields[field] = np.where(bad, np.nan, fields[field])

    for name, values in rows.fields.items():
        take(name, closed & ~np.isnan(values), f"day is no session of {calendar}")
        low = fields[name] < 0 if name == "volume" else fields[name] <= 0
        take(name, low & ~np.isinf(values), "volume is below 0" if name == "volume" else "price is not above 0")
        take(name, np.isinf(fields[name]), "value is infinite")
    adjustment = "unknown: the file has no adjusted close beside its close, so whether splits and dividends are in "
    adjustment += "its prices cannot be known from it"
    if "adjclose" in fields:
        adjustment = "prices times adjustment = adjusted close / close, both as in the file; volume as reported"
        factor = fields["adjustment"] = fields.pop("adjclose") / fields["close"]
        for name in [name for name in BARS if name in fields]:
            take(name, np.isnan(factor) & ~np.isnan(fields[name]), "adjusted close / close is not known")
            fields[name] = fields[name] * factor
    return fields, adjustment, _listed(taken)


def _listed(taken: dict[str, list[str]]) -> str:
    """How many values were taken out, and for each reason the first of them."""
    if not taken:
        return "none"
    reasons = [
        f"{reason}: {len(lines)} ({', '.join(lines[:SHOWN])}{', …' if len(lines) > SHOWN else ''})"
        for reason, lines in taken.items()
    ]
    total = sum(map(len, taken.values()))
    return f"{total} {'value is' if total == 1 else 'values are'} not in the panel; " + "; ".join(reasons)
