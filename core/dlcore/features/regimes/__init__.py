"""What kind of market it is, judged by the past only: calm or wild, and whether something has just changed.

In come returns or volatilities on dates; out come Datasets and DataArrays on the same dates. The one function that
looks ahead, for pictures, says so in its name.
"""

from dlcore.features.regimes.changes import cusum, past_zscore, run_lengths
from dlcore.features.regimes.switching import lookahead_smoothed_regimes, switching_regimes
from dlcore.features.regimes.terciles import volatility_terciles

__all__ = [
    "cusum",
    "lookahead_smoothed_regimes",
    "past_zscore",
    "run_lengths",
    "switching_regimes",
    "volatility_terciles",
]
