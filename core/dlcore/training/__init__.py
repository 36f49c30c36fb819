"""How it learns: one loop for every torch model, and what a run leaves on the disk.

In come a module, a loss, batches and a TrainingConfig; out comes the same module with its best weights, and what
happened on the way. A run that was killed goes on where it stood and ends with the same weights, bit by bit.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.training.batches import Batches as Batches
    from dlcore.training.batches import IndexBatches as IndexBatches
    from dlcore.training.config import TrainingConfig as TrainingConfig
    from dlcore.training.devices import autocast as autocast
    from dlcore.training.devices import choose_device as choose_device
    from dlcore.training.loop import Training as Training
    from dlcore.training.loop import train as train
    from dlcore.training.seeds import seeded as seeded
    from dlcore.training.tensors import read_tensors as read_tensors
    from dlcore.training.tensors import write_tensors as write_tensors

_HOMES = {
    "Batches": "batches",
    "IndexBatches": "batches",
    "Training": "loop",
    "TrainingConfig": "config",
    "autocast": "devices",
    "choose_device": "devices",
    "read_tensors": "tensors",
    "seeded": "seeds",
    "train": "loop",
    "write_tensors": "tensors",
}

__all__ = [
    "Batches",
    "IndexBatches",
    "Training",
    "TrainingConfig",
    "autocast",
    "choose_device",
    "read_tensors",
    "seeded",
    "train",
    "write_tensors",
]

__getattr__ = on_demand(__name__, _HOMES)
