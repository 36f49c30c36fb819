"""The tensor door: from features over (date, asset) to batches (batch, length, features).

In come a Dataset of features and, where there are any, Labels; out come Windows. They rest on one float32 cube
`(assets, dates, features)`, in which the last `length` sessions of an asset up to a date are one contiguous run of
memory: a sample is a position, a batch is an index, and nothing is copied before a batch is asked for.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.windows.cube import make_windows as make_windows
    from dlcore.windows.samples import Windows as Windows

_HOMES = {"Windows": "samples", "make_windows": "cube"}

__all__ = ["Windows", "make_windows"]

__getattr__ = on_demand(__name__, _HOMES)
