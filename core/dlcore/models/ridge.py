"""Ridge regression in closed form: the linear forecast, with a penalty chosen on the validation period.

Features are standardised with the training samples' mean and standard deviation, so one penalty means the same for all;
the intercept is free. Everything is accumulated batch by batch: memory grows with the square of the inputs, not with
the samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlcore.models.forecaster import Forecaster, flat

if TYPE_CHECKING:
    from dlcore.windows import Windows

BATCH = 8192


@dataclass
class Ridge(Forecaster):
    """Minimises ``mean (y − b₀ − z b)² + penalty · Σ b²`` with z the standardised inputs.

    Parameters
    ----------
    penalties : tuple of float
        Each ≥ 0, in units of the inputs' variance, 1. With several, the one with the smallest squared error on the
        validation windows is kept, and `fit` needs them.
    inputs : {"last", "window"}
        The features of the decision date, or those of every session of the window.

    References
    ----------
    Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 12 (1970).

    Examples
    --------
    A label that is a tenth of its feature, and a penalty given beforehand:

    >>> import numpy as np, xarray as xr
    >>> from dlcore.models import Ridge
    >>> from dlcore.windows import make_windows
    >>> axes = {"date": np.arange("2024-01-01", "2024-02-20", dtype="datetime64[D]"), "asset": list("abcde")}
    >>> feature = xr.DataArray(np.random.default_rng(0).normal(size=(50, 5)), axes).to_dataset(name="value")
    >>> windows = make_windows(feature, 0.1 * feature, length=1)
    >>> model = Ridge(penalties=(0.0,)).fit(windows)
    >>> model.parameters(), bool(abs(model.predict(windows) - 0.1 * feature["value"]).max() < 1e-6)
    (2, True)
    """

    penalties: tuple[float, ...] = (0.0, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
    inputs: Literal["last", "window"] = "last"

    def __post_init__(self) -> None:
        if not self.penalties or not all(np.isfinite(p) and p >= 0 for p in self.penalties):
            raise ValueError(f"penalties={self.penalties!r} are not allowed: give finite numbers ≥ 0")
        if self.inputs not in ("last", "window"):
            raise ValueError(f"inputs={self.inputs!r} is not allowed: give 'last' or 'window'")

    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        if validation is None and len(self.penalties) > 1:
            raise ValueError(f"{len(self.penalties)} penalties and no validation windows: give some, or one penalty")
        mean, scale, gram, moment, level = self._moments(train)
        values, vectors = np.linalg.eigh(gram)  # (D,) (D, D)
        floor = values.max() * len(values) * np.finfo(np.float64).eps
        shrunk = [
            np.divide(vectors.T @ moment, values + p, out=np.zeros(len(values)), where=values + p > floor)
            for p in self.penalties
        ]
        slopes = vectors @ np.stack(shrunk, axis=1)  # (D, P); directions without any variance get none
        best = int(np.argmin(self._errors(validation, mean, scale, slopes, level))) if validation is not None else 0
        chosen = slopes[:, best] / scale
        return {
            "slopes": chosen,
            "intercept": np.array([level - mean @ chosen]),
            "penalty": np.array([self.penalties[best]]),
        }

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        batches = (self._rows(windows, index) for index in windows.batches(BATCH))
        return np.concatenate([rows @ state["slopes"] + state["intercept"] for rows in batches])

    def parameters(self) -> int:
        """Slopes and intercept."""
        return 0 if self._state is None else self._state["slopes"].size + 1

    def _rows(self, windows: "Windows", index: np.ndarray) -> np.ndarray:
        """Inputs of some samples, float64 (B, D)."""
        return flat(windows, index) if self.inputs == "window" else np.asarray(windows.last(index), dtype=np.float64)

    def _moments(self, train: "Windows") -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
        """(mean, scale, gram, moment, level) of standardised inputs and targets, all divided by the samples."""
        n = len(train)
        mean = np.sum([self._rows(train, index).sum(0) for index in train.batches(BATCH)], axis=0) / n  # (D,)
        targets = np.asarray(train.targets, dtype=np.float64)  # (n,)
        level = float(targets.mean())
        gram, moment = np.zeros((len(mean), len(mean))), np.zeros(len(mean))
        for index in train.batches(BATCH):
            rows = self._rows(train, index) - mean  # (B, D)
            gram += rows.T @ rows / n
            moment += rows.T @ (targets[index] - level) / n
        spread = np.sqrt(np.diag(gram))
        scale = np.where(spread > 0, spread, 1.0)  # a constant input: its slope will be zero
        return mean, scale, gram / np.outer(scale, scale), moment / scale, level

    def _errors(
        self, validation: "Windows", mean: np.ndarray, scale: np.ndarray, slopes: np.ndarray, level: float
    ) -> np.ndarray:
        """Sum of squared errors on the validation windows for every penalty, (P,)."""
        targets, total = np.asarray(validation.targets, dtype=np.float64), np.zeros(slopes.shape[1])
        for index in validation.batches(BATCH):
            rows = (self._rows(validation, index) - mean) / scale  # (B, D)
            total += ((targets[index, None] - level - rows @ slopes) ** 2).sum(0)
        return total
