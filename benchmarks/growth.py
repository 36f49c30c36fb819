"""How time grows with the panel: the same work at 1, 4 and 16 times its cells, half more dates and half more assets.

In comes a Panel, out comes one exponent for each work: the slope of log time on log cells. 1 is in proportion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.market import grown
from benchmarks.race import timed

if TYPE_CHECKING:
    import xarray as xr

FACTORS = (1, 2, 4)
REACH = 1.05


@dataclass(frozen=True)
class Growth:
    """Work, its fastest seconds at each size, and the exponent."""

    work: str
    seconds: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """Least-squares slope of log time on log cells."""
        return float(np.polyfit(np.log([factor**2 for factor in FACTORS]), np.log(self.seconds), 1)[0])


def measure_growth(panel: "xr.Dataset", turns: int = 5) -> list[Growth]:
    """Time features, ranks, backtest and IC at each size.

    Parameters
    ----------
    panel : Dataset (date, asset)
        The smallest.
    turns : int
        Of which the fastest counts: what grows is the work, not the disturbance.

    Returns
    -------
    list of Growth
    """
    seconds: dict[str, list[float]] = {}
    for factor in FACTORS:
        for name, work in _works(grown(panel, factor)).items():
            work()
            seconds.setdefault(name, []).append(min(timed(work) for _ in range(turns)))
    return [Growth(name, tuple(times)) for name, times in seconds.items()]


def _works(panel: "xr.Dataset") -> dict[str, Callable[[], Any]]:
    from dlcore.backtest import overlapping_weights, run_vectorized
    from dlcore.evaluation import information_coefficient
    from dlcore.features import build_features, recipes
    from dlcore.targets import forward_return

    scores, returns = panel["true_signal"], forward_return(panel, horizon=5)["value"]
    side = panel.sizes["asset"] // 10
    weights = overlapping_weights(scores, side, 5, bottom=side)
    return {
        "features": lambda: build_features(panel, recipes.ENGINEERED_24),
        "tranches": lambda: overlapping_weights(scores, side, 5, bottom=side),
        "backtest": lambda: run_vectorized(weights, panel),
        "rank IC": lambda: information_coefficient(scores, returns, method="spearman"),
    }
