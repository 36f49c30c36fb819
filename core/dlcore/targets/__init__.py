"""What we try to say: labels that know which sessions they use, and splits that respect it.

In comes a Panel; out come Labels, Datasets with `value`, `start` and `end` over `(date, asset)`, and from those the
folds of a walk-forward. A label is indexed by the date t at whose close it is decided, and pays from session t+1 on:
nothing is filled at the price that made the signal.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.targets.folds import Fold as Fold
    from dlcore.targets.folds import WalkForward as WalkForward
    from dlcore.targets.regimes import volatility_regime as volatility_regime
    from dlcore.targets.relative import alpha_score as alpha_score
    from dlcore.targets.relative import excess_return as excess_return
    from dlcore.targets.returns import direction as direction
    from dlcore.targets.returns import forward_return as forward_return
    from dlcore.targets.returns import three_class as three_class
    from dlcore.targets.volatility import forward_variance as forward_variance

_HOMES = {
    "Fold": "folds",
    "WalkForward": "folds",
    "alpha_score": "relative",
    "direction": "returns",
    "excess_return": "relative",
    "forward_return": "returns",
    "forward_variance": "volatility",
    "three_class": "returns",
    "volatility_regime": "regimes",
}

__all__ = [
    "Fold",
    "WalkForward",
    "alpha_score",
    "direction",
    "excess_return",
    "forward_return",
    "forward_variance",
    "three_class",
    "volatility_regime",
]

__getattr__ = on_demand(__name__, _HOMES)
