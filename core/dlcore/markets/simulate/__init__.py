"""Markets whose truth is known: three processes of one series, and later whole markets built from them.

In come shocks or a generator, out come paths and Panels, the same ones for the same seed.
"""

from dlcore.markets.simulate.processes import ar1, garch, random_walk

__all__ = ["ar1", "garch", "random_walk"]
