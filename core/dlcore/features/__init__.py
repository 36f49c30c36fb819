"""What we knew then: numbers that say at the close of a date what the past, and only the past, allows one to say.

In come Panels, out come features on the same axes `(date, asset)`, or `(date,)` for what all assets share; NaN is
"not known", in the warm-up and where an asset did not trade. `recipes` are the lists of columns that models are given,
`indicators` and `factors` the functions behind them, `scaling` and `selection` what is fitted, on training dates alone.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.features.calendar import calendar_features as calendar_features
    from dlcore.features.calendar import cyclic as cyclic
    from dlcore.features.cross_section import cross_sectional_rank as cross_sectional_rank
    from dlcore.features.cross_section import cross_sectional_zscore as cross_sectional_zscore
    from dlcore.features.cross_section import neutralise as neutralise
    from dlcore.features.cross_section import winsorise as winsorise
    from dlcore.features.cross_section import winsorise_mad as winsorise_mad
    from dlcore.features.factors import amihud as amihud
    from dlcore.features.factors import momentum as momentum
    from dlcore.features.factors import reversal as reversal
    from dlcore.features.factors import volatility as volatility
    from dlcore.features.market_model import beta as beta
    from dlcore.features.market_model import market_return as market_return
    from dlcore.features.market_model import residual_momentum as residual_momentum
    from dlcore.features.recipes import build_features as build_features
    from dlcore.features.selection import select_by_correlation as select_by_correlation

_HOMES = {
    "amihud": "factors",
    "beta": "market_model",
    "build_features": "recipes",
    "calendar_features": "calendar",
    "cross_sectional_rank": "cross_section",
    "cross_sectional_zscore": "cross_section",
    "cyclic": "calendar",
    "market_return": "market_model",
    "momentum": "factors",
    "neutralise": "cross_section",
    "residual_momentum": "market_model",
    "reversal": "factors",
    "select_by_correlation": "selection",
    "volatility": "factors",
    "winsorise": "cross_section",
    "winsorise_mad": "cross_section",
}

__all__ = [
    "amihud",
    "beta",
    "build_features",
    "calendar_features",
    "cross_sectional_rank",
    "cross_sectional_zscore",
    "cyclic",
    "market_return",
    "momentum",
    "neutralise",
    "residual_momentum",
    "reversal",
    "select_by_correlation",
    "volatility",
    "winsorise",
    "winsorise_mad",
]

__getattr__ = on_demand(__name__, _HOMES)
