"""The networks of the contest: settings for a file of some thousand rows, and how one of them learns from a Task.

In come a name, a Task and a seed; out comes a forecast. Settings were chosen on ETTh1's validation rows at horizon 96
with one seed, of six for DLinear, whose choice NLinear took over, and of three for ITransformer; TiDE's were the
first.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from dlcore.contests.ett.judging import Forecast
    from dlcore.contests.ett.task import Part, Task
    from dlcore.training import IndexBatches

SETTINGS: dict[str, dict[str, Any]] = {
    "DLinear": {"epochs": 10, "batch_size": 32, "learning_rate": 3e-3},
    "NLinear": {"epochs": 10, "batch_size": 32, "learning_rate": 3e-3},
    "TiDE": {"epochs": 8, "batch_size": 64, "learning_rate": 1e-3, "dropout": 0.3},
    "ITransformer": {"epochs": 8, "batch_size": 32, "learning_rate": 3e-4, "width": 128, "heads": 8},
}
JUDGED_AT_ONCE = 512  # validation windows


def fit_network(name: str, task: "Task", seed: int) -> "Forecast":
    """Teach a network all steps of all channels, and stop where validation says so."""
    import torch

    from dlcore import models
    from dlcore.training import choose_device

    model = getattr(models, name)(**SETTINGS[name], seed=seed)
    device = choose_device(model.device)
    module, _ = model.teach(
        _batches(task, "train", model.batch_size, device),
        _batches(task, "validation", JUDGED_AT_ONCE, device),
        look_back=task.look_back,
        horizon=task.horizon,
        channels=task.channels,
    )

    def forecast(windows: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return module(torch.from_numpy(windows).to(device)).cpu().numpy()

    return forecast


def _batches(task: "Task", part: "Part", size: int, device: "torch.device") -> "IndexBatches":
    """Windows of a part, and what came after them, on the device."""
    import torch

    from dlcore.training import IndexBatches

    there = replace(task, cube=torch.from_numpy(task.cube).to(device))
    origins = torch.from_numpy(task.origins(part)).to(device)
    return IndexBatches(lambda index: there.batch(origins[index]), len(origins), size)
