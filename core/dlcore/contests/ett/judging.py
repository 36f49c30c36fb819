"""How far off: squared and absolute errors over every window of a part, and how sure that is.

In come a Task and a forecast, anything that maps windows to their futures; out come the losses of each window. The last
batch counts like every other, and a mean is one over windows, never over batches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.significance import variance_of_mean

if TYPE_CHECKING:
    from dlcore.contests.ett.task import Part, Task

Forecast = Callable[[np.ndarray], np.ndarray]
BATCH = 256  # windows at once; no number depends on it


@dataclass(frozen=True, eq=False)
class Losses:
    """Of each window, in the order of its origin: means over its steps and channels, on the scale of the task.

    Attributes
    ----------
    squared, absolute : array of float64 (windows,)
    """

    squared: np.ndarray
    absolute: np.ndarray


def judge(forecast: Forecast, task: "Task", part: "Part" = "test") -> Losses:
    """Forecast every window of a part.

    Parameters
    ----------
    forecast : callable
        From windows, float32 (batch, look_back, channels), to futures (batch, horizon, channels).
    task : Task
    part : {"test", "validation", "train"}

    Returns
    -------
    Losses

    Raises
    ------
    ValueError
        For a forecast of another shape, or one that is not finite.
    """
    origins = task.origins(part)
    squared, absolute = np.empty(len(origins)), np.empty(len(origins))
    for start in range(0, len(origins), BATCH):
        windows, future = task.batch(origins[start : start + BATCH])
        said = np.asarray(forecast(windows))
        if said.shape != future.shape:
            raise ValueError(f"a forecast of shape {said.shape} is not allowed: give {future.shape}")
        off = said.astype(np.float64) - future  # (B, H, C)
        squared[start : start + BATCH] = np.square(off).mean(axis=(1, 2))
        absolute[start : start + BATCH] = np.abs(off).mean(axis=(1, 2))
    if not np.isfinite(squared).all():
        raise ValueError("a forecast is not finite: nothing can be said of its errors")
    return Losses(squared, absolute)


def mean_error(losses: np.ndarray, horizon: int) -> float:
    """Standard error of a mean over windows that overlap, after Newey and West.

    Neighbouring windows share all but one of their steps, so losses are correlated up to lag ``horizon − 1`` at least.
    The Bartlett kernel goes to twice the horizon, or to a quarter of the windows where that is less.

    Parameters
    ----------
    losses : array of float64 (windows,)
        Of one forecast, or the difference of two.
    horizon : int

    Returns
    -------
    float
        0 for losses that are all the same.
    """
    lag = min(2 * horizon, len(losses) // 4)
    variance = variance_of_mean(losses - losses.mean(), len(losses), lag, "bartlett")
    return max(variance, 0.0) ** 0.5  # a hair below 0 by rounding, where losses are nearly the same
