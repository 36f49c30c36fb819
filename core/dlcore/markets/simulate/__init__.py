"""Markets whose truth is known: three processes of one series, and whole markets built from them.

In come shocks, settings or a generator, out come paths and Panels, the same ones for the same seed.
"""

from dlcore.markets.simulate.cross_asset import CrossAssetSettings, simulate_cross_asset
from dlcore.markets.simulate.equities import EquitySettings, simulate_equities
from dlcore.markets.simulate.planting import oracle_signal
from dlcore.markets.simulate.processes import ar1, garch, random_walk

__all__ = [
    "CrossAssetSettings",
    "EquitySettings",
    "ar1",
    "garch",
    "oracle_signal",
    "random_walk",
    "simulate_cross_asset",
    "simulate_equities",
]
