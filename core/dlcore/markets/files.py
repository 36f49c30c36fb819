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

from dlcore.markets.rows import BARS, FIELDS, Rows, join_rows, panel_of_rows
from dlcore.markets.written_dates import encoded, read_days

if TYPE_CHECKING:
    import xarray as xr

ENDINGS = (".csv", ".csv.gz", ".parquet", ".parquet.gz")
SYMBOLS = ("symbol", "ticker", "asset", "code", "name")  # the first that is there: `name` may be a company's
MEANINGS = {"datetime": "date", "timestamp": "date", "adjclose": "adj_close", "adjustedclose": "adj_close"}
EMPTY = ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "."]


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
class RawPrices:
    """What files hold, before anything is judged.

    Attributes
    ----------
    name : str
        That of the file or folder, without its place on this machine.
    rows : Rows
        As they are, in float64.
    attrs : dict
        `source`, `licence`, `retrieved_at` (when the youngest file was written), `weakness`, `ignored_columns`.
    files : list of Path
        The files read.
    """

    name: str
    rows: Rows
    attrs: dict[str, str]
    files: list[Path]


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
    raw = read_rows(path)
    return panel_of_rows(raw.name, raw.rows, settings.calendar, raw.attrs)


def read_rows(path: str) -> RawPrices:
    """Read the rows of a file or folder, as they are.

    Parameters
    ----------
    path : str
        As for `read_files`.

    Returns
    -------
    RawPrices
        Rows in long form; nothing is judged but what cannot be read at all.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_files`, but for rows of one asset and day.
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
    modified = np.datetime64(int(max(file.stat().st_mtime for file in files)), "s")
    attrs = {
        "source": place.resolve().name,
        "licence": "as given by the file's owner",
        "retrieved_at": str(modified.astype("datetime64[D]")),
        "weakness": "survivorship-biased unless the file lists members by date",
        "ignored_columns": ", ".join(dict.fromkeys(ignored)) or "none",
    }
    return RawPrices(place.name, join_rows(parts), attrs, files)


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
    if "close" in roles or "adj_close" not in roles:
        return roles
    if any(name in roles for name in BARS):
        raise ValueError(f"{file.name} has an adjusted close but no close: give the close too, to adjust the others by")
    return {("close" if role == "adj_close" else role): at for role, at in roles.items()}


def _rows(file: Path, heads: list[Any], table: Any) -> list[Rows]:
    """The long form of a file: one part, or one for each ticker of a two-row header."""
    if table.num_rows == 0:
        raise ValueError(f"{file.name} has no rows: give one for each date and symbol")
    parts = []
    days: dict[int, np.ndarray] = {}
    for ticker, roles in _layout(file, heads):
        if roles["date"] not in days:
            days[roles["date"]] = read_days(file, table[str(roles["date"])])
        if "symbol" in roles:
            labels, codes = _symbols(file, table[str(roles["symbol"])])
        else:
            stem = file.name[: -len(next(end for end in ENDINGS if file.name.lower().endswith(end)))]
            labels, codes = [ticker or stem], np.zeros(table.num_rows, np.int64)
        fields = {role: _numbers(file, heads[at], table[str(at)]) for role, at in roles.items() if role in FIELDS}
        parts.append(Rows(days[roles["date"]], labels, codes, fields))
    return parts


def _symbols(file: Path, column: Any) -> tuple[list[str], np.ndarray]:
    words, codes = encoded(column)
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


def _all_or_none_adjusted(place: Path, parts: list[Rows]) -> None:
    without = [part.labels[0] for part in parts if "adj_close" not in part.fields]
    if without and len(without) < len(parts):
        raise ValueError(
            f"{place.name}: {without[0]} has no adjusted close while others have: give all of them, or none"
        )
