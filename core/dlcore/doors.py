"""How a room opens: public names and files are imported when they are first named, so that opening it costs nothing.

In come a room and the files its names live in; out comes the `__getattr__` that its `__init__` needs (PEP 562).
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def on_demand(room: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a room.

    Parameters
    ----------
    room : str
        Its full name, such as `dlcore.features`.
    homes : mapping
        For each public name the file it lives in. Files themselves can be named too.
    """

    def find(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{room}.{homes[name]}"), name)
        missing = f"module {room!r} has no attribute {name!r}"
        if name.startswith("_"):
            raise AttributeError(missing)
        try:
            return import_module(f"{room}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{room}.{name}":
                raise  # the file is there, something that it needs is not
            raise AttributeError(missing) from None

    return find
