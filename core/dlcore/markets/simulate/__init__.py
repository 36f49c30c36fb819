"""Markets whose truth is known: three processes of one series, and whole markets built from them.

In come shocks, settings or a generator, out come paths and Panels, the same ones for the same seed.
"""

from dlcore.markets.simulate.equities import EquitySettings, simulate_equities
from dlcore.markets.simulate.planting import oracle_signal
from dlcore.markets.simulate.processes import ar1, garch, random_walk

__all__ = ["EquitySettings", "ar1", "garch", "oracle_signal", "random_walk", "simulate_equities"]
