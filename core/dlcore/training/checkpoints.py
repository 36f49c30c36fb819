"""Where a run stands, so that it can go on from there: in one file, for two might not belong together after a kill.

In come module, optimiser and Standing; out comes `checkpoint.safetensors`, with weights, moments, the best weights so
far and the states of the generators as tensors, and the history as JSON in its header; and all of it back.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcore.training.config import TrainingConfig
from dlcore.training.progress import METRICS, rewrite_metrics
from dlcore.training.seeds import generator_states, restore_generators
from dlcore.training.tensors import read_tensors, write_tensors

if TYPE_CHECKING:
    import torch
    from torch import nn

NAME = "checkpoint.safetensors"
FORMAT = "1"
ELSEWHERE = ("device", "precision")  # a run may go on on another device, though not bit by bit


@dataclass
class Standing:
    """What happened so far: one entry of history for each finished epoch, and the weights of the best."""

    history: list[dict[str, float]] = field(default_factory=list)
    best: "dict[str, torch.Tensor]" = field(default_factory=dict)
    best_epoch: int = 0

    def add(self, entry: dict[str, float], module: "nn.Module") -> None:
        """Note an epoch; keep its weights if none had a lower validation loss, or if there is no validation.

        Raises
        ------
        ValueError
            For a loss that is not finite: what has exploded learns nothing any more.
        """
        for name in ("train", "validation"):
            if not math.isfinite(loss := entry.get(name, 0.0)):
                raise ValueError(
                    f"the {name} loss of epoch {entry['epoch']} is {loss}: give a lower learning_rate, "
                    "and look for extreme values in the data"
                )
        self.history.append(entry)
        before = self.history[self.best_epoch - 1] if self.best_epoch else None
        if before is None or "validation" not in entry or entry["validation"] < before["validation"]:
            self.best_epoch = len(self.history)
            self.best = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}

    def finished(self, config: TrainingConfig) -> bool:
        """Whether all epochs are done, or validation has not improved for too long."""
        done = len(self.history)
        return done >= config.epochs or done - self.best_epoch >= config.patience


def save_checkpoint(
    folder: Path,
    module: "nn.Module",
    optimiser: "torch.optim.Optimizer",
    standing: Standing,
    config: TrainingConfig,
    device: "torch.device",
) -> None:
    """Write where the run stands after a whole epoch; a kill at any moment leaves the checkpoint before or this one."""
    groups = {"weights": module.state_dict(), "best": standing.best, "generator": generator_states(device)}
    moments = {
        f"{k}.{name}": value for k, entry in optimiser.state_dict()["state"].items() for name, value in entry.items()
    }
    tensors = {
        f"{group}/{name}": x for group, part in (groups | {"moments": moments}).items() for name, x in part.items()
    }
    run = {"config": asdict(config), "history": standing.history, "best_epoch": standing.best_epoch}
    write_tensors(folder / NAME, tensors, {"format": FORMAT, "run": json.dumps(run)})


def open_run(
    folder: Path,
    module: "nn.Module",
    optimiser: "torch.optim.Optimizer",
    config: TrainingConfig,
    device: "torch.device",
) -> Standing:
    """Put module, optimiser, generators and metrics where the run stood; from the start where there is none yet.

    Raises
    ------
    ValueError
        If the folder holds a run of other settings, of another module, or no checkpoint of this version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / NAME).exists():
        return Standing()
    tensors, about = read_tensors(folder / NAME)
    if about.get("format") != FORMAT:
        raise ValueError(f"{folder / NAME} is no checkpoint that this version reads: give a new folder")
    run = json.loads(about["run"])
    _check_settings(folder, run["config"], config)
    parts: dict[str, dict[str, Any]] = {"weights": {}, "best": {}, "generator": {}, "moments": {}}
    for name, tensor in tensors.items():
        group, _, rest = name.partition("/")
        parts[group][rest] = tensor
    try:
        module.load_state_dict(parts["weights"])
    except RuntimeError:
        raise ValueError(f"{folder} holds a run of another module: give a new folder") from None
    moments: dict[int, dict[str, Any]] = {}
    for name, tensor in parts["moments"].items():
        number, _, kind = name.partition(".")
        moments.setdefault(int(number), {})[kind] = tensor
    optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
    restore_generators(parts["generator"], device)
    rewrite_metrics(folder / METRICS, run["history"])
    best = {name: tensor.to(device) for name, tensor in parts["best"].items()}
    return Standing(run["history"], best, run["best_epoch"])


def _check_settings(folder: Path, before: dict[str, Any], config: TrainingConfig) -> None:
    for name, value in asdict(config).items():
        if name not in ELSEWHERE and before.get(name) != value:
            raise ValueError(f"{folder} holds a run with {name}={before.get(name)!r}, not {value!r}: give a new folder")
