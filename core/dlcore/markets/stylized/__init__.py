"""Facts that every market shows: returns without memory, sizes with one, fat tails, and an arrow of time.

In come returns (plain fractions, log or simple), arrays `(..., n)` with time last; out come the few numbers that tell
a market from its imitations. Missing values are refused: a gap changes which days are neighbours, so the caller must
choose the stretch. Graduate of `challenges/day_01/series.py`; its `autocorrelation` is the one here.
"""

from dlcore.markets.stylized.memory import (
    Autocorrelation,
    Verdict,
    autocorrelation,
    leverage_correlation,
    ljung_box,
    robust_portmanteau,
    volatility_clustering,
)
from dlcore.markets.stylized.stationarity import UnitRootTest, adf, half_life, kpss
from dlcore.markets.stylized.tails import QuantilePairs, kurtosis, qq, tail_index

__all__ = [
    "Autocorrelation",
    "QuantilePairs",
    "UnitRootTest",
    "Verdict",
    "adf",
    "autocorrelation",
    "half_life",
    "kpss",
    "kurtosis",
    "leverage_correlation",
    "ljung_box",
    "qq",
    "robust_portmanteau",
    "tail_index",
    "volatility_clustering",
]
