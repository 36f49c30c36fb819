"""The manifest of a store: which files are its present generation, what is in them, and what made them.

In comes a folder, out comes what the JSON in it says. Readers see exactly the files that it names, so replacing it is
the one moment at which a store changes.
"""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from dlcore.markets.store.places import MANIFEST

FORMAT = 1
QUARANTINE = "quarantine"  # the partition beside the years


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Entry):
    """One Parquet file.

    Attributes
    ----------
    file : str
        Its name in the folder.
    partition : str
        A year, or "quarantine".
    sha256 : str
        Of its content.
    rows : int
        How many it holds.
    first, last : str
        First and last date in it.
    runs : tuple of int
        Numbers of the runs whose rows are in it.
    """

    file: str
    partition: str
    sha256: str
    rows: int
    first: str
    last: str
    runs: tuple[int, ...]


class Holding(_Entry):
    """What is stored of one symbol.

    Attributes
    ----------
    rows : int
        How many dates.
    first, last : str
        First and last of them.
    asked : str
        From which date on it was asked for; "" for its whole history, or what a file held.
    """

    rows: int
    first: str
    last: str
    asked: str = ""


class Answer(_Entry):
    """What the source was last asked for of one symbol, and answered: with rows, or why there are none.

    Attributes
    ----------
    first : str
        First date; "" for the whole history.
    last : str
        Last session that was over then.
    """

    first: str
    last: str


class Run(_Entry):
    """One import or refresh.

    Attributes
    ----------
    number : int
        From 1; parts name it.
    what : str
        "import" or "refresh".
    time : str
        When it last committed, in UTC.
    inputs : dict of str to str
        Name of each file (or of the source, with the symbols it answered) and the sha256 of what was read.
    rows, quarantined : int
        How many rows it stored, and how many it put into quarantine.
    """

    number: int
    what: str
    time: str
    inputs: dict[str, str]
    rows: int
    quarantined: int

    @classmethod
    def now(cls, number: int, what: str, inputs: dict[str, str], *, rows: int, quarantined: int) -> "Run":
        """A run that commits at this moment."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(number=number, what=what, time=time, inputs=inputs, rows=rows, quarantined=quarantined)


class Manifest(_Entry):
    """A generation of a store.

    Attributes
    ----------
    format : int
        Of this file.
    generation : int
        Grows by one with each commit; part of the names of the files written in it.
    origin : str
        "files", or the name of the provider: a store has one only.
    columns : tuple of str
        Those of the years' files, besides date and symbol.
    attrs : dict
        Those of the Panel: source, adjustment, licence, retrieved_at, calendar, weakness and others.
    symbols : dict of symbol to Holding
        In the order of the Panel's assets.
    answers : dict of symbol to Answer
        Those of the source, also for symbols that are not stored; silence is none.
    failures : dict of symbol to str
        What could not be had when last asked for, and why.
    renamed : dict of symbol to symbol
        Old name → new name under which the same history is stored.
    parts : tuple of Part
        The files.
    runs : tuple of Run
        Everything that was ever done.
    """

    format: int = FORMAT
    generation: int = 0
    origin: str
    columns: tuple[str, ...]
    attrs: dict[str, str]
    symbols: dict[str, Holding] = {}
    answers: dict[str, Answer] = {}
    failures: dict[str, str] = {}
    renamed: dict[str, str] = {}
    parts: tuple[Part, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows in the years."""
        return sum(part.rows for part in self.parts if part.partition != QUARANTINE)

    @property
    def quarantined(self) -> int:
        """Number of rows in quarantine."""
        return sum(part.rows for part in self.parts if part.partition == QUARANTINE)


def read_manifest(folder: Path) -> Manifest:
    """Read what a folder's manifest says.

    Parameters
    ----------
    folder : Path
        That of a store.

    Returns
    -------
    Manifest
        The generation that is current at this moment.

    Raises
    ------
    ValueError
        Where there is none, or none that can be understood.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise ValueError(f"there is no store {folder.name}: `dlcore data list` shows those there are") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise ValueError(
            f"store {folder.name} has a manifest that cannot be read ({place}: {first['msg']}): remove its folder and "
            "fill it anew"
        ) from None
