"""What we knew then: features of a Panel, each computed from the past of its own date.

In comes a Panel, out come Datasets `(date, asset)` with one float64 variable a feature; a value that needs more history
than there is, or a session on which nothing traded, is NaN and never 0. `recipes` are the lists of columns that models
are given, `indicators` the functions behind them, `scaling` and `selection` what is fitted, on training dates alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.features.recipes import build_features as build_features
    from dlcore.features.selection import select_by_correlation as select_by_correlation

_HOMES = {"build_features": "recipes", "select_by_correlation": "selection"}

__all__ = ["build_features", "select_by_correlation"]


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
