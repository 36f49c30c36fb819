"""The tensor door: from features over (date, asset) to batches (batch, length, features).

In come a Dataset of features and, where there are any, Labels; out come Windows. They rest on one float32 cube
`(assets, dates, features)`, in which the last `length` sessions of an asset up to a date are one contiguous run of
memory: a sample is a position, a batch is an index, and nothing is copied before a batch is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.windows.cube import make_windows as make_windows
    from dlcore.windows.samples import Windows as Windows

_HOMES = {"Windows": "samples", "make_windows": "cube"}

__all__ = ["Windows", "make_windows"]


def __getattr__(name: str) -> Any:
    """Import the public names, and the files of this room, at first use (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
