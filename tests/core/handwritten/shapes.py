"""Random shapes for the tests of layers: a batch of none to two axes, lengths and widths that differ."""

import numpy as np


def sequences(seed, *, heads=1):
    """(generator, batch shape, length, width): the width is a multiple of `heads`, the length differs from it."""
    rng = np.random.default_rng(seed)
    batch = tuple(int(k) for k in rng.integers(1, 4, size=rng.integers(0, 3)))
    return rng, batch, int(rng.integers(1, 7)), 2 * heads * int(rng.integers(1, 3))


def tiny(rng, x):
    """One sequence of size 1e-3 among the others: what an ε in the wrong place would spoil."""
    scale = np.ones((*x.shape[:-1], 1))
    scale.reshape(-1)[int(rng.integers(scale.size))] = 1e-3
    return x * scale
