"""The reference: one page for each room of dlcore, and one for each of its names, from the docstrings.

A room's public names are its `__all__`; what is not there is not promised.
"""

import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

import dlcore


def rooms() -> list[str]:
    """Every package of dlcore that says what it promises, in the order of their names."""
    found = pkgutil.walk_packages(dlcore.__path__, "dlcore.")
    return sorted(m.name for m in found if m.ispkg and promised(importlib.import_module(m.name)))


def promised(room: ModuleType) -> list[str]:
    """The functions, classes and constants in a room's `__all__`; files and rooms in it have their own page."""
    names = [n for n in getattr(room, "__all__", []) if not inspect.ismodule(getattr(room, n))]
    return sorted(names, key=str.lower)


def promises() -> list[str]:
    """The full names of all that dlcore promises, room by room."""
    return [f"{room}.{name}" for room in rooms() for name in promised(importlib.import_module(room))]


def types() -> dict[str, str]:
    """Where the classes that dlcore promises are documented, by the short names that docstrings use.

    `Tensor` is left out: nearly everywhere it is torch's, and once the handwritten one.
    """
    return {
        n: full for full in promises() if (n := full.rpartition(".")[2]) != "Tensor" and inspect.isclass(named(full))
    }


def named(dotted: str) -> object:
    """An object by its full name: the longest part that is a module, then attributes."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name)
        return found
    raise LookupError(f"{dotted} cannot be imported")


@cache
def documented() -> dict[int, str]:
    """Where each promised function and class has its page: full names by the objects' identities."""
    return {id(found): full for full in promises() if callable(found := named(full))}


def link(dotted: str) -> str:
    """A name that leads to its page in the reference, a method to its class's; plain where nothing is promised."""
    owner, _, _ = dotted.rpartition(".")
    for wanted in (dotted, owner):
        if full := documented().get(id(named(wanted))):
            return f"{{py:obj}}`{dotted.removeprefix('dlcore.')} <{full}>`"
    return f"`{dotted.removeprefix('dlcore.')}`"


def page(name: str) -> str:
    """The page of one room: what its docstring says, and a table of its names."""
    room = importlib.import_module(name)
    first, _, rest = inspect.cleandoc(room.__doc__ or "").partition("\n\n")
    callables = [n for n in promised(room) if callable(getattr(room, n))]
    others = [n for n in promised(room) if n not in callables]
    listed = "\n".join(f"   {n}" for n in callables)
    constants = "\n\n".join(f"`{n}`\n: {constant(getattr(room, n))}" for n in others)
    return (
        f"# {name}\n\n{first}\n\n{rest}\n\n"
        f"```{{eval-rst}}\n.. currentmodule:: {name}\n\n.. autosummary::\n   :toctree: names\n\n{listed}\n```\n"
        + (f"\n## Constants\n\n{constants}\n" if constants else "")
    )


def constant(value: object) -> str:
    """What a constant holds, on one line."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(f"`{x}`" for x in value)
    if isinstance(value, dict):
        return ", ".join(f"`{x}`" for x in value)
    return f"`{value!r}`"


def write(folder: Path) -> list[str]:
    """Write the reference under the site's sources; the names of its pages."""
    target = folder / "reference"
    target.mkdir(parents=True, exist_ok=True)
    for room in rooms():
        (target / f"{room}.md").write_text(page(room), encoding="utf-8")
    return [f"reference/{room}" for room in rooms()]
