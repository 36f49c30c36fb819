"""The loop: AdamW, a warm rise and a cosine, short gradients, and a stop when validation no longer falls.

In come a module, a loss, batches and a config; the module is left with the weights of its best epoch, and out comes
what happened. With a folder, each epoch is kept, and a run that was killed goes on from its last whole epoch.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.training.batches import Batches
from dlcore.training.checkpoints import Standing, open_run, save_checkpoint
from dlcore.training.config import TrainingConfig, learning_rate
from dlcore.training.devices import autocast, choose_device
from dlcore.training.optimiser import make_optimiser
from dlcore.training.progress import METRICS, append_metrics, epochs_shown
from dlcore.training.seeds import seeded

if TYPE_CHECKING:
    import torch
    from torch import nn

    Loss = Callable[[nn.Module, Any], torch.Tensor]


@dataclass(frozen=True)
class Training:
    """What happened.

    Attributes
    ----------
    history : tuple of dict
        For each epoch: `epoch` (from 1), `train` (mean loss while it learned, under dropout), `validation` (mean loss
        after it, where there is any), `learning_rate` (of its last step), `seconds` (of learning alone).
    best_epoch : int
        Whose weights the module has: that of the lowest validation loss, or the last where there is no validation.
    """

    history: tuple[dict[str, float], ...]
    best_epoch: int

    @property
    def seconds(self) -> float:
        """Of all epochs, those before a kill included."""
        return sum(epoch["seconds"] for epoch in self.history)


def train(
    module: "nn.Module",
    loss: "Loss",
    batches: Batches,
    config: TrainingConfig,
    *,
    validation: Batches | None = None,
    folder: str | Path | None = None,
) -> Training:
    """Teach a module.

    Parameters
    ----------
    module : nn.Module
        Moved to the device, and left there with the best weights, in evaluation mode.
    loss : callable
        ``loss(module, batch)`` gives one number for each sample, (batch,): the loop learns from their mean, and judges
        by the mean over all samples, whatever the sizes of the batches.
    batches, validation : Batches
        Validation only says when to stop, and which epoch was best.
    config : TrainingConfig
    folder : str or Path, optional
        Gets `checkpoint.safetensors` and `metrics.jsonl`, a line an epoch. What it holds of this run is not done again.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If a loss is not finite or not (batch,), for a folder with another run, and as `choose_device`.
    """
    device = choose_device(config.device)
    learner = _Learner(module.to(device), loss, make_optimiser(module, config), config, device)
    place = None if folder is None else Path(folder)
    with seeded(config.seed, device), epochs_shown(config.epochs) as show:
        standing = Standing() if place is None else open_run(place, module, learner.optimiser, config, device)
        while not standing.finished(config):
            entry = learner.epoch(batches, len(standing.history))
            if validation is not None:
                entry["validation"] = learner.judge(validation)
            standing.add(entry, module)
            if place is not None:
                save_checkpoint(place, module, learner.optimiser, standing, config, device)
                append_metrics(place / METRICS, entry)
            show(len(standing.history), entry.get("validation", entry["train"]))
    module.load_state_dict(standing.best)
    module.eval()
    return Training(tuple(standing.history), standing.best_epoch)


@dataclass(frozen=True)
class _Learner:
    """What stays from epoch to epoch."""

    module: "nn.Module"
    loss: "Loss"
    optimiser: "torch.optim.Optimizer"
    config: TrainingConfig
    device: "torch.device"

    def epoch(self, batches: Batches, number: int) -> dict[str, float]:
        """One pass that learns, counted from 0; its entry of the history."""
        import torch
        from torch.nn.utils import clip_grad_norm_

        began, rate, losses = time.perf_counter(), 0.0, []
        self.module.train()
        rng = np.random.default_rng([self.config.seed, number])  # of its own, so that a resumed run needs no past
        for step, batch in enumerate(batches(rng), number * len(batches)):
            rate = learning_rate(self.config, step, self.config.epochs * len(batches))
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            self.optimiser.zero_grad()
            each = self._each(batch)
            each.mean().backward()
            clip_grad_norm_(self.module.parameters(), self.config.clip_norm)
            self.optimiser.step()
            losses.append(each.detach())
        mean, seconds = float(torch.cat(losses).double().mean()), time.perf_counter() - began
        return {"epoch": number + 1, "train": mean, "learning_rate": rate, "seconds": seconds}

    def _each(self, batch: Any) -> "torch.Tensor":
        """The loss of each sample, (B,); (B, 1) less (B,) is (B, B), and would teach 1/B of what is there."""
        with autocast(self.device, self.config.precision):
            each = self.loss(self.module, batch)
        if each.ndim != 1:
            raise ValueError(f"loss has shape {tuple(each.shape)}: give one number for each sample, (batch,)")
        return each

    def judge(self, batches: Batches) -> float:
        """Mean loss over all samples, without dropout."""
        import torch

        self.module.eval()
        with torch.inference_mode():
            each = torch.cat([self._each(batch) for batch in batches(None)])
        return float(each.double().mean())
