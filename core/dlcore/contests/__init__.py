"""One protocol for all: the same markets, folds, costs and measures for whatever wants to be compared.

In come forecasters, scores or weights with a name; out come rows of one table, and a ledger of everything that was ever
tried, which says how much of the best row is luck.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.contests.arena import ARENAS as ARENAS
    from dlcore.contests.arena import Arena as Arena
    from dlcore.contests.arena import open_arena as open_arena
    from dlcore.contests.arena import own_arena as own_arena
    from dlcore.contests.leaderboard import Leaderboard as Leaderboard
    from dlcore.contests.trials import Trials as Trials

_HOMES = {
    "ARENAS": "arena",
    "Arena": "arena",
    "Leaderboard": "leaderboard",
    "Trials": "trials",
    "open_arena": "arena",
    "own_arena": "arena",
}

__all__ = ["ARENAS", "Arena", "Leaderboard", "Trials", "open_arena", "own_arena"]

__getattr__ = on_demand(__name__, _HOMES)
