"""One protocol for all: the same markets, folds, costs and measures for whatever wants to be compared.

In come forecasters, scores or weights with a name; out come rows of one table, and a ledger of everything that was ever
tried, which says how much of the best row is luck.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.contests.arena import ARENAS as ARENAS
    from dlcore.contests.arena import Arena as Arena
    from dlcore.contests.arena import open_arena as open_arena
    from dlcore.contests.leaderboard import Leaderboard as Leaderboard
    from dlcore.contests.trials import Trials as Trials

_HOMES = {"ARENAS": "arena", "Arena": "arena", "Leaderboard": "leaderboard", "Trials": "trials", "open_arena": "arena"}

__all__ = ["ARENAS", "Arena", "Leaderboard", "Trials", "open_arena"]


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
