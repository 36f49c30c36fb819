"""The rows that every leaderboard begins with: what costs nothing to try, and LightGBM.

Single factors are entered with their sign; models see all of them. A learned entry without these beside it is no
result.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlcore.contests.arena import Arena, opened

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.contests.leaderboard import Leaderboard

#: Factors that are entered by themselves, with the sign that the literature gives them.
SIGNS = {"momentum_12_1": 1, "reversal_5": 1, "volatility_60": -1}


def factors(panel: "xr.Dataset") -> "xr.Dataset":
    """Seven plain factors of closes alone, so that every arena has them: (date, asset), NaN in the warm-up.

    The log return of 1, 5, 21 and 63 sessions, 12–1 momentum, minus the five-day return, and volatility over 60.
    """
    import numpy as np
    import xarray as xr

    from dlcore.features import momentum, reversal, volatility

    close = panel["close"].copy(data=np.log(panel["close"].to_numpy()))
    columns = {f"log_return_{k}": close - close.shift(date=k) for k in (1, 5, 21, 63)}
    columns |= {
        "momentum_12_1": momentum(panel),
        "reversal_5": reversal(panel),
        "volatility_60": volatility(panel, window=60),
    }
    return xr.Dataset({name: column.drop_attrs() for name, column in columns.items()})


def enter_baselines(board: "Leaderboard", arena: "str | Arena") -> Iterator[str]:
    """Enter them all in one arena, and yield the name of each as it is done.

    Parameters
    ----------
    board : Leaderboard
    arena : str or Arena
        One of `ARENAS`, or an arena of your own.

    Yields
    ------
    str
        Names of rows: 1/N, persistence, each factor, ridge, LightGBM.
    """
    from dlcore.models import GradientBoosting, Persistence, Ridge

    place = opened(arena)
    held = place.panel["close"].notnull()
    board.enter_weights("1/N", held / held.sum("asset"), arena)
    yield "1/N"
    board.enter("persistence", lambda: Persistence("log_return_5"), factors, arena)
    yield "persistence"
    for name, sign in SIGNS.items():
        board.enter(name, lambda name=name, sign=sign: Persistence(name, sign), factors, arena)
        yield name
    board.enter("ridge", Ridge, factors, arena)
    yield "ridge"
    board.enter("LightGBM", GradientBoosting, factors, arena)
    yield "LightGBM"
