"""A room imports only from rooms above it, and the library never from the course."""

import ast
from pathlib import Path

import pytest

import dlcore

ORDER = (
    "doors",  # the ground that all may stand on
    "plots",
    "markets",
    "features",
    "targets",
    "windows",
    "evaluation",
    "risk",
    "handwritten",
    "nn",
    "training",
    "models",
    "backtest",
    "contests",
    "explanation",
    "language",
    "transport",
    "production",
    "cli",  # the roof
)
ROOT = Path(dlcore.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def imported(source: str) -> set[str]:
    """Full names of everything a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the room"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def wrong_imports(room: str, source: str) -> set[str]:
    """What a file of this room imports and may not."""
    wrong = set()
    for name in imported(source):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if top in {"challenges", "tests"}:
            wrong.add(name)
        if top == "dlcore" and target in ORDER and ORDER.index(target) > ORDER.index(room):
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_only_from_rooms_above_it(file):
    room = file.relative_to(ROOT).parts[0].removesuffix(".py")
    if room == "__init__":
        assert not wrong_imports("plots", file.read_text())
        return
    assert room in ORDER, f"{room} has no place in the order of rooms"
    assert not wrong_imports(room, file.read_text())


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "base"])
def test_no_room_is_a_drawer(name):
    assert not [file for file in ROOT.rglob("*") if file.stem == name]


def test_the_check_can_fail():
    assert wrong_imports("markets", "def f():\n    from dlcore.features import rsi") == {"dlcore.features.rsi"}
    assert wrong_imports("cli", "import challenges.day_01") == {"challenges.day_01"}
    assert not wrong_imports("features", "import dlcore.markets")
