"""Indicators with labels: moving averages, oscillators, volatility, volume, and an asset against its market.

In come DataArrays `(date, asset)` of one field, or Panels where several fields are needed; out come DataArrays on the
same labels, Datasets where an indicator has several lines, with `unit` and `warm_up` in the attrs.
**NaN** is "did not trade", and one rule holds for all: nothing is filled. A window that holds a NaN is NaN; a recursion
ends at a NaN and starts anew after it, warm-up included. A value is thus known when the asset traded on every session
that the value rests on, and what stands after a gap is what one would get if history began there. Where a quotient has
the denominator 0 (a price that never moved has no relative strength), the value is NaN.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.features.indicators.bands import bollinger_bands as bollinger_bands
    from dlcore.features.indicators.bands import bollinger_position as bollinger_position
    from dlcore.features.indicators.bands import rolling_zscore as rolling_zscore
    from dlcore.features.indicators.market import strength as strength
    from dlcore.features.indicators.moves import distance_to_high as distance_to_high
    from dlcore.features.indicators.moves import log_return as log_return
    from dlcore.features.indicators.moves import momentum as momentum
    from dlcore.features.indicators.moves import price_ratio as price_ratio
    from dlcore.features.indicators.moves import rate_of_change as rate_of_change
    from dlcore.features.indicators.oscillators import kdj as kdj
    from dlcore.features.indicators.oscillators import rsi as rsi
    from dlcore.features.indicators.oscillators import stochastic as stochastic
    from dlcore.features.indicators.trend import ema as ema
    from dlcore.features.indicators.trend import macd as macd
    from dlcore.features.indicators.trend import ratio_to_sma as ratio_to_sma
    from dlcore.features.indicators.trend import sma as sma
    from dlcore.features.indicators.trend import sma_gap as sma_gap
    from dlcore.features.indicators.volatility import atr as atr
    from dlcore.features.indicators.volatility import garman_klass as garman_klass
    from dlcore.features.indicators.volatility import parkinson as parkinson
    from dlcore.features.indicators.volatility import realized_volatility as realized_volatility
    from dlcore.features.indicators.volume import dollar_volume as dollar_volume
    from dlcore.features.indicators.volume import obv as obv
    from dlcore.features.indicators.volume import obv_slope as obv_slope

_FILES = {
    "bands": ("bollinger_bands", "bollinger_position", "rolling_zscore"),
    "market": ("strength",),
    "moves": ("distance_to_high", "log_return", "momentum", "price_ratio", "rate_of_change"),
    "oscillators": ("kdj", "rsi", "stochastic"),
    "trend": ("ema", "macd", "ratio_to_sma", "sma", "sma_gap"),
    "volatility": ("atr", "garman_klass", "parkinson", "realized_volatility"),
    "volume": ("dollar_volume", "obv", "obv_slope"),
}
_HOMES = {name: file for file, names in _FILES.items() for name in names}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll] -- one list instead of three


def __getattr__(name: str) -> Any:
    """Import an indicator with its file, and numba, at first use (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _FILES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}: it has {', '.join(__all__)}")
