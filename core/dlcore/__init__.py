"""dlcore: deep learning for quantitative trading, by hand and checked.

Each room (`dlcore.markets`, `dlcore.plots`, …) is imported when it is first named, so `import dlcore` costs next to
nothing; `dir(dlcore)` lists the rooms that exist.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Import the room called `name`, or look up the version, at first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("dlcore")
    if name.startswith("_"):
        raise AttributeError(f"module 'dlcore' has no attribute {name!r}")
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise  # the room is there, something that it needs is not
        rooms = ", ".join(__dir__())
        raise AttributeError(f"module 'dlcore' has no room {name!r}: there are {rooms}") from None


def __dir__() -> list[str]:
    """The rooms that exist, and the version."""
    from pkgutil import iter_modules

    return sorted({room.name for room in iter_modules(__path__)} | {"__version__"})
