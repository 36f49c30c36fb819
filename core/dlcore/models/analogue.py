"""The analogue forecast: ask the past for days like this one, and say what came after them.

It is attention with a memory one can read: keys are states of the training period, values what followed them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.handwritten import attention
from dlcore.models.forecaster import Forecaster

if TYPE_CHECKING:
    from dlcore.windows import Windows

BATCH = 4096


@dataclass
class Analogue(Forecaster):
    """A softmax-weighted mean of remembered targets; weights by the cosine between states.

    Parameters
    ----------
    temperature : float
        Above 0; the smaller, the fewer analogues answer.
    memory : int
        How many training samples are remembered, ≥ 1, evenly spread over the training period: all years, all assets.

    References
    ----------
    Lorenz, "Atmospheric predictability as revealed by naturally occurring analogues", J. Atmos. Sci. 26 (1969);
    Nadaraya, "On estimating regression", Theory of Probability and its Applications 9 (1964).
    """

    temperature: float = 0.05
    memory: int = 2000

    def __post_init__(self) -> None:
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"temperature={self.temperature!r} is not allowed: give a number above 0")
        if self.memory < 1:
            raise ValueError(f"memory={self.memory!r} is not allowed: give an integer ≥ 1")

    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        rows = np.asarray(train.last_rows(), dtype=np.float32)  # (n, F)
        mean, scale = rows.mean(0, dtype=np.float64), rows.std(0, dtype=np.float64)
        scale = np.where(scale > 0, scale, 1.0)
        kept = np.unique(np.linspace(0, len(rows) - 1, min(self.memory, len(rows))).round().astype(int))
        values = np.asarray(train.targets, dtype=np.float32)[kept]
        state = {"mean": mean.astype(np.float32), "scale": scale.astype(np.float32), "values": values}
        return state | {"keys": _directions(rows[kept], state)}

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        sharpness = np.float32(np.sqrt(state["keys"].shape[1]) / self.temperature)  # attention divides by √D
        scores = []
        for index in windows.batches(BATCH):
            query = _directions(np.asarray(windows.last(index)), state) * sharpness  # (B, F)
            scores.append(attention(query, state["keys"], state["values"][:, None])[0][:, 0])
        return np.concatenate(scores)

    def parameters(self) -> int:
        """What is remembered: keys and values."""
        return 0 if self._state is None else self._state["keys"].size + self._state["values"].size


def _directions(rows: np.ndarray, state: Mapping[str, np.ndarray]) -> np.ndarray:
    """Standardised states of length one, (n, F); a state in the very middle has no direction and stays zero."""
    centred = (rows - state["mean"]) / state["scale"]
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(length > 0, length, 1)
