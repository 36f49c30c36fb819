"""One date at a time: where an asset stands among those that may be counted that day.

In come values `(date, asset)` and, where there is one, the universe by date; out come values of the same shape. An
asset outside the universe, or without a value, receives NaN and moves nobody else's value. Each function takes one
DataArray; ``features.map(cross_sectional_rank, universe=universe)`` treats every variable of a Dataset.
"""

from dlcore.features.cross_section.neutral import neutralise
from dlcore.features.cross_section.rank import cross_sectional_rank
from dlcore.features.cross_section.scale import cross_sectional_zscore, winsorise, winsorise_mad

__all__ = ["cross_sectional_rank", "cross_sectional_zscore", "neutralise", "winsorise", "winsorise_mad"]
