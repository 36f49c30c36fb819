"""Compile once what every notebook would otherwise compile for itself: numba's kernels, matplotlib's list of fonts."""

import numpy as np


def kernels() -> None:
    """Call each compiled kernel of dlcore once on next to nothing."""
    from dlcore.markets import load_panel, simulate

    simulate.garch(np.zeros(2), omega=0.1, alpha=0.1, beta=0.8)
    load_panel("simulated-sp500")


def warm() -> None:
    """Everything that is kept on disk between runs."""
    import matplotlib.font_manager

    matplotlib.font_manager.findfont("DejaVu Sans")
    kernels()
