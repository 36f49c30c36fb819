"""The one list of days, read from curriculum.toml, and where each lesson lies."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("Foundation", "Pattern enhancement", "Risk integration", "Strategy", "Production")


class CourseError(Exception):
    """A mistake of the person at the keyboard: shown as one line, exit status 2."""


@dataclass(frozen=True)
class Graduation:
    """A symbol of a day's module and what it became in dlcore."""

    lesson: str  # "series.ar1"
    graduate: str  # "dlcore.markets.simulate.ar1"


@dataclass(frozen=True)
class Lesson:
    """A notebook that is run: a day or a study."""

    name: str
    notebook: Path
    title: str

    @property
    def is_day(self) -> bool:
        return self.name.startswith("day_")

    def modules(self) -> list[Path]:
        """The handwritten modules beside a day's notebook; a study has none."""
        if not self.is_day:
            return []
        return sorted(p for p in self.notebook.parent.glob("*.py") if p.name not in ("grade.py", "__init__.py"))


@dataclass(frozen=True)
class Day:
    """One row of curriculum.toml."""

    number: int
    title: str
    phase: str
    question: str
    status: str
    found: str = ""  # two sentences with the names of published results in braces
    modules: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    prerequisites: tuple[int, ...] = ()
    grows: tuple[str, ...] = ()
    graduates: tuple[Graduation, ...] = ()
    minutes: int = 30
    seconds: int = 60
    root: Path = field(default=ROOT, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value, allowed in (("phase", self.phase, PHASES), ("status", self.status, ("whole", "planned"))):
            if value not in allowed:
                raise CourseError(
                    f"day {self.number}: {name} {value!r} is not allowed: choose from {', '.join(allowed)}"
                )

    @property
    def name(self) -> str:
        return f"day_{self.number:02d}"

    @property
    def folder(self) -> Path:
        return self.root / "challenges" / self.name

    @property
    def lesson(self) -> Lesson:
        return Lesson(self.name, self.folder / f"{self.name}.ipynb", self.title)


def read(root: Path = ROOT) -> list[Day]:
    """All thirty days, in order."""
    rows = tomllib.loads((root / "challenges" / "curriculum.toml").read_text(encoding="utf-8"))["day"]
    known = {f.name for f in fields(Day)} - {"root"}
    days = []
    for row in rows:
        if unknown := set(row) - known:
            raise CourseError(f"day {row.get('number')}: unknown key {sorted(unknown)[0]!r} in curriculum.toml")
        row["graduates"] = tuple(Graduation(**pair) for pair in row.get("graduates", []))
        days.append(Day(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}, root=root))
    return days


def whole(root: Path = ROOT) -> list[Day]:
    """The days that stand."""
    return [day for day in read(root) if day.status == "whole"]


def day(number: int, root: Path = ROOT) -> Day:
    """One day that stands."""
    days = {d.number: d for d in whole(root)}
    if number not in days:
        raise CourseError(f"DAY={number} is not there: whole days are {', '.join(map(str, days)) or 'none yet'}")
    return days[number]


def studies(root: Path = ROOT) -> list[Lesson]:
    """The notebooks across days, by name."""
    return [Lesson(p.stem, p, p.stem.replace("_", " ")) for p in sorted((root / "notebooks").glob("*.ipynb"))]


def lessons(root: Path = ROOT) -> list[Lesson]:
    """Every notebook that is run."""
    return [d.lesson for d in whole(root)] + studies(root)


def lesson(name: str, root: Path = ROOT) -> Lesson:
    """A lesson by its name, such as day_01 or 00_start_here."""
    known = {x.name: x for x in lessons(root)}
    if name not in known:
        raise CourseError(f"{name!r} is no lesson: choose from {', '.join(known)}")
    return known[name]
