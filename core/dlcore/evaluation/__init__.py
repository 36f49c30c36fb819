"""How good, honestly: what a feature or a score knew that it could not have known.

In come functions and the Panels that they are called with; out comes an error that names the first thing seen of the
future, or nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.evaluation.leaks import LookAheadError as LookAheadError
    from dlcore.evaluation.leaks import assert_causal as assert_causal

_HOMES = {"LookAheadError": "leaks", "assert_causal": "leaks"}

__all__ = ["LookAheadError", "assert_causal"]


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
