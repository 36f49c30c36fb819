"""What the loop asks of data: how many batches there are, and one pass over them.

In comes anything that can copy out some samples by their positions, such as `Windows.batch`; out come batches, in a new
order each epoch. The loop never looks inside a batch: it is between the one who makes it and the loss.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Batches(Protocol):
    """One epoch at a time."""

    def __len__(self) -> int:
        """Batches in an epoch; the schedule of the learning rate counts on it."""
        ...

    def __call__(self, rng: np.random.Generator | None) -> Iterator[Any]:
        """One pass, shuffled by the generator; in a fixed order without it. All chance must come from `rng`."""
        ...


@dataclass(frozen=True)
class IndexBatches:
    """Each sample once in an epoch; the last batch has what is left, none is dropped.

    Parameters
    ----------
    fetch : callable
        From positions, array of int64 (batch,), to whatever the loss takes, on the device where it is wanted.
    samples : int
        How many there are, ≥ 1.
    size : int
        Samples in a batch, ≥ 1.

    Raises
    ------
    ValueError
        For fewer than one sample, or a size below 1.
    """

    fetch: Callable[[np.ndarray], Any]
    samples: int
    size: int

    def __post_init__(self) -> None:
        for name in ("samples", "size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give an integer ≥ 1")

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-self.samples // self.size)

    def __call__(self, rng: np.random.Generator | None) -> Iterator[Any]:
        """One pass."""
        order = np.arange(self.samples) if rng is None else rng.permutation(self.samples)
        return (self.fetch(order[start : start + self.size]) for start in range(0, self.samples, self.size))
