"""A Forecaster whose learner is a torch module: what all of them share, so that a model is little more than its body.

In come windows, standardised with what the training samples were; out come the answers of one or more heads, in the
units of their labels. Weights lie in `model.safetensors` beside `forecaster.json`.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch

from dlcore.models.fingerprint import fingerprint
from dlcore.models.forecaster import Forecaster
from dlcore.models.heads import FURTHER, HEADS, Headed, head_targets, multi_task_loss
from dlcore.training import (
    IndexBatches,
    Training,
    TrainingConfig,
    choose_device,
    loop,
    read_tensors,
    seeded,
    write_tensors,
)

if TYPE_CHECKING:
    import xarray as xr
    from torch import nn

    from dlcore.windows import Windows

BATCH = 2048  # samples scored at once
HELD_OUT = 0.15  # of the training dates, where no validation is given
WEIGHTS = "model.safetensors"


@dataclass
class NeuralForecaster(Forecaster):
    """Settings that every network has; a subclass gives `_body`, and the names of its heads.

    Parameters
    ----------
    epochs : int
        Passes over the training samples at most, ≥ 1.
    batch_size : int
        ≥ 1.
    learning_rate, weight_decay : float
        Of AdamW.
    patience : int
        Epochs without a lower validation loss before learning stops, ≥ 1.
    gap : int
        Sessions left out before the last 15 % of the training dates, which are the validation period where `fit` is
        given none, ≥ 0: the label's horizon and entry.
    head_weight : float
        Of the loss of every head but the return's, which has 1; ≥ 0.
    seed : int
        Of weights, order and dropout, ≥ 0.
    device : str
        "auto", "cpu", "cuda".
    """

    epochs: int = 30
    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    patience: int = 5
    gap: int = 6
    head_weight: float = 1.0
    seed: int = 0
    device: str = "auto"

    _heads: ClassVar[tuple[str, ...]] = ("return",)
    _schedule: ClassVar[Mapping[str, Any]] = {}  # what of TrainingConfig is the model's own

    def __post_init__(self) -> None:
        self._config()  # refuses what it does not allow
        for name, least in (("batch_size", 1), ("gap", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give an integer ≥ {least}")
        if not 0 <= self.head_weight < np.inf:
            raise ValueError(f"head_weight={self.head_weight!r} is not allowed: give a finite number ≥ 0")
        self._module: Headed | None = None
        self.training: Training | None = None  # what happened in `fit`; not kept on disk
        self._runs: Path | None = None

    def resuming(self, folder: str | Path) -> Self:
        """Keep every epoch of `fit` under a folder, so that a fit that was killed goes on there.

        Parameters
        ----------
        folder : str or Path
            Each fit has a folder of its own in it, named after its settings and samples: the folds of a walk-forward
            may share one, and other data never go on where these stood.

        Returns
        -------
        NeuralForecaster
            Itself.
        """
        self._runs = Path(folder)
        return self

    @abstractmethod
    def _body(self, features: int, length: int) -> "tuple[nn.Module, int]":
        """A fresh module from (batch, length, features) to (batch, width), and the width."""

    def parameters(self) -> int:
        """Weights and biases; 0 before `fit`."""
        return 0 if self._module is None else sum(weight.numel() for weight in self._module.parameters())

    def predict_direction(self, windows: "Windows") -> "xr.DataArray":
        """Probability that the target is above zero, as the direction head says it, not calibrated.

        Parameters
        ----------
        windows : Windows
            As `predict`.

        Returns
        -------
        DataArray of float64 (date, asset)
            Named `probability`, in [0, 1]; NaN where there is no sample.

        Raises
        ------
        ValueError
            If no direction was taught, and as `predict`.
        """
        logits = torch.from_numpy(self._asked(windows, "direction")[:, 0])
        return windows.to_scores(torch.sigmoid(logits)).rename("probability")

    def predict_volatility(self, windows: "Windows") -> "xr.DataArray":
        """The further label `volatility`, in its own units: DataArray (date, asset) named `volatility`; as above."""
        return windows.to_scores(self._asked(windows, "volatility")[:, 0]).rename("volatility")

    def predict_regime(self, windows: "Windows") -> "xr.DataArray":
        """Probabilities of the further label's three classes.

        Returns
        -------
        DataArray of float64 (date, asset, regime)
            Named `probability`; regime is -1, 0, 1, over which they add up to 1. NaN where there is no sample.

        Raises
        ------
        ValueError
            If no regime was taught, and as `predict`.
        """
        import pandas as pd
        import xarray as xr

        said = torch.softmax(torch.from_numpy(self._asked(windows, "regime")), dim=1)  # (n, 3)
        each = [windows.to_scores(column) for column in said.T]
        kinds = pd.Index([-1, 0, 1], name="regime")
        return xr.concat(each, kinds).transpose("date", "asset", "regime").rename("probability")

    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        learn, judge = (train, validation) if validation is not None else self._held_out(train)
        heads = self._taught(learn, judge)
        state = self._input_scale(learn) | {name: self._head_scale(learn, name) for name in heads}
        module, device = self._built(heads), choose_device(self.device)
        batches = IndexBatches(self._fetch(learn, state, device), len(learn), self.batch_size)
        judged_by = IndexBatches(self._fetch(judge, state, device), len(judge), BATCH)
        place = None if self._runs is None else self._runs / fingerprint(self, state, learn, judge)
        self.training = loop.train(module, self._loss, batches, self._config(), validation=judged_by, folder=place)
        self._module = module
        return state

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        return self._answers(windows, state, "return")[:, 0]

    def _answers(self, windows: "Windows", state: Mapping[str, np.ndarray], head: str) -> np.ndarray:
        """What one head says of each sample, in units of its label, float64 (samples, its width)."""
        assert self._module is not None
        inputs = self._inputs_of(windows, state, next(self._module.parameters()).device)
        with torch.inference_mode():
            said = [self._module(inputs(index))[head].cpu() for index in windows.batches(BATCH)]
        level, spread = state[head]
        return torch.cat(said).double().numpy() * spread + level

    def _asked(self, windows: "Windows", head: str) -> np.ndarray:
        """As `_answers`, of windows that come from outside.

        Raises
        ------
        ValueError
            Before `fit`, for other windows, and for a head that was not taught.
        """
        if self._state is None or self._module is None:
            raise ValueError(f"{type(self).__name__} has not been fitted: call fit(train) first")
        self._check_inputs(windows)
        if head not in self._state:
            raise ValueError(
                f"{type(self).__name__} was not taught any {head}: it knows {', '.join(self._module.heads)}"
            )
        width = HEADS[head].width
        return self._answers(windows, self._state, head) if len(windows) else np.empty((0, width))

    def _loss(self, module: "nn.Module", batch: tuple[torch.Tensor, dict[str, torch.Tensor]]) -> torch.Tensor:
        inputs, wanted = batch
        return multi_task_loss(module(inputs), wanted, weight=self.head_weight)  # (B,)

    def _config(self) -> TrainingConfig:
        names = ("epochs", "learning_rate", "weight_decay", "patience", "seed", "device")
        return TrainingConfig(**{name: getattr(self, name) for name in names}, **self._schedule)

    def _input_scale(self, learn: "Windows") -> dict[str, np.ndarray]:
        """Mean and standard deviation of each feature on the training samples' dates, (features,) each."""
        rows = torch.as_tensor(learn.last_rows()).double()  # (n, F)
        scale = rows.std(0, correction=0)
        scale = torch.where(scale > 0, scale, 1.0)
        return {"mean": rows.mean(0).cpu().numpy(), "scale": scale.cpu().numpy()}

    def _head_scale(self, learn: "Windows", head: str) -> np.ndarray:
        """(mean, standard deviation) of a head's known training targets; (0, 1) for classes."""
        if not HEADS[head].scaled:
            return np.array([0.0, 1.0])
        wanted = self._wanted(learn, head).double()
        wanted = wanted[torch.isfinite(wanted)]
        spread = float(wanted.std(correction=0))
        return np.array([float(wanted.mean()), spread if spread > 0 else 1.0])

    def _wanted(self, windows: "Windows", head: str) -> torch.Tensor:
        """What a head is to say of each sample, float32 (samples,)."""
        return head_targets(windows, head)

    def _inputs_of(self, windows: "Windows", state: Mapping[str, np.ndarray], device: torch.device) -> Any:
        """A function from positions to standardised windows on the device, (batch, length, features)."""
        mean, scale = (torch.as_tensor(state[k], dtype=torch.float32, device=device) for k in ("mean", "scale"))
        return lambda index: (torch.as_tensor(windows.batch(index)).to(device) - mean) / scale

    def _fetch(self, windows: "Windows", state: Mapping[str, np.ndarray], device: torch.device) -> Any:
        """A function from positions to (windows, {head: standardised target})."""
        inputs = self._inputs_of(windows, state, device)
        wanted = {}
        for head in state.keys() & HEADS.keys():
            level, spread = state[head]
            wanted[head] = ((self._wanted(windows, head).double() - level) / spread).float().to(device)
        return lambda index: (inputs(index), {head: values[index] for head, values in wanted.items()})

    def _taught(self, learn: "Windows", judge: "Windows") -> list[str]:
        """The heads that have something to learn from."""
        if odd := sorted(set(learn.further) - set(FURTHER)):
            raise ValueError(f"further target {odd[0]!r} has no head: give {' or '.join(FURTHER)}")
        heads = [name for name in self._heads if name not in FURTHER or name in learn.further]
        for name in heads:
            for part, windows in (("train", learn), ("validation", judge)):
                if name in FURTHER and not (
                    name in windows.further and torch.isfinite(torch.as_tensor(windows.further[name])).any()
                ):
                    raise ValueError(f"{part} has no sample with a known {name}: give further labels for both periods")
        return heads

    def _held_out(self, windows: "Windows") -> "tuple[Windows, Windows]":
        """The last 15 % of the dates, and those that lie more than `gap` sessions before."""
        days = list(windows.by_date())
        first = len(days) - max(round(HELD_OUT * len(days)), 1)
        if first - self.gap < 1:
            raise ValueError(f"train has {len(days)} dates: give more than {self.gap + 1}, or a validation period")
        place = windows.to_scores(np.arange(len(windows)))
        return windows.select(place < days[first - self.gap][0]), windows.select(place >= days[first][0])

    def _built(self, heads: list[str]) -> Headed:
        """A module with fresh weights that follow from the seed alone."""
        names, length = self._inputs
        with seeded(self.seed):
            body, width = self._body(len(names), length)
            return Headed(body, width, heads)

    def _write(self, folder: Path) -> None:
        assert self._module is not None
        write_tensors(folder / WEIGHTS, self._module.state_dict(), {"model": type(self).__name__})

    def _read(self, folder: Path) -> None:
        assert self._state is not None
        module = self._built([name for name in self._heads if name in self._state])
        try:
            module.load_state_dict(read_tensors(folder / WEIGHTS)[0])
        except RuntimeError:
            raise ValueError(f"{folder / WEIGHTS} holds other weights than these settings have: it is spoilt") from None
        self._module = module.to(choose_device(self.device)).eval()


def check_dropout(dropout: float) -> None:
    """Refuse a share outside [0, 1)."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout={dropout!r} is not allowed: give a share in [0, 1)")
