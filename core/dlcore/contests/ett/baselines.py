"""What a network has to beat: the last value, the usual value of this hour, and a straight line.

In comes a Task; out comes a forecast, from windows (batch, look_back, channels) to (batch, horizon, channels). Only the
line learns, in closed form.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dlcore.contests.ett.judging import Forecast
    from dlcore.contests.ett.task import Part, Task

PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # in units of the inputs' mean square
BATCH = 512


def repeat_last(task: "Task") -> "Forecast":
    """The last value of each channel, for every step ahead."""
    return lambda windows: np.repeat(windows[:, -1:], task.horizon, axis=1)


def seasonal_mean(task: "Task") -> "Forecast":
    """For each time of the day the mean of that time over the whole days in the window: 14 in 336 hours.

    Raises
    ------
    ValueError
        If the file does not say how many steps a day has, or the window is shorter than a day.
    """
    day, horizon = task.steps_per_day, task.horizon
    if day is None:
        raise ValueError("seasonal-mean needs to know the hours: give a file with dates whose steps divide a day")
    days = task.look_back // day
    if not days:
        raise ValueError(f"look_back={task.look_back} is not allowed: seasonal-mean needs a day, give ≥ {day}")

    def forecast(windows: np.ndarray) -> np.ndarray:
        recent = windows[:, -days * day :].reshape(len(windows), days, day, -1)  # (B, days, day, C)
        return recent.mean(axis=1)[:, np.arange(horizon) % day]  # (B, day, C) to (B, H, C)

    return forecast


def fit_ridge(task: "Task") -> "Forecast":
    """One linear map over time for all channels, of windows less their last value: ``(x − last) W + last``.

    W minimises the mean squared error over all training windows and channels plus ``penalty · Σ W²``, in closed form;
    of seven penalties the one with the smallest error on validation is kept.

    References
    ----------
    Hoerl and Kennard, "Ridge regression", Technometrics 12 (1970); Toner and Darlow, "An analysis of linear time series
    forecasting models", ICML (2024), for the closed form on this benchmark.
    """
    gram, cross, _ = _moments(task, "train")
    unit = np.trace(gram) / len(gram)
    maps = [np.linalg.solve(gram + penalty * unit * np.eye(len(gram)), cross) for penalty in PENALTIES]  # (L, H) each
    gram, cross, power = _moments(task, "validation")
    errors = [power - 2 * np.sum(w * cross) + np.sum(w * (gram @ w)) for w in maps]
    best = maps[int(np.argmin(errors))].astype(np.float32)

    def forecast(windows: np.ndarray) -> np.ndarray:
        last = windows[:, -1:]  # (B, 1, C)
        return np.einsum("blc,lh->bhc", windows - last, best, optimize=True) + last

    return forecast


def _moments(task: "Task", part: "Part") -> tuple[np.ndarray, np.ndarray, float]:
    """Mean products of inputs (L, L), of inputs and outputs (L, H), and the outputs' mean square summed over steps."""
    origins = task.origins(part)
    gram, cross = np.zeros((task.look_back, task.look_back)), np.zeros((task.look_back, task.horizon))
    power, n = 0.0, len(origins) * task.channels
    for start in range(0, len(origins), BATCH):
        windows, future = task.batch(origins[start : start + BATCH])
        last = windows[:, -1:]
        inputs, outputs = (_by_channel(part - last) for part in (windows, future))  # (B C, L), (B C, H)
        gram += inputs.T @ inputs / n
        cross += inputs.T @ outputs / n
        power += float(np.square(outputs).sum()) / n
    return gram, cross, power


def _by_channel(batch: np.ndarray) -> np.ndarray:
    """(B, steps, C) to float64 (B · C, steps)."""
    return batch.transpose(0, 2, 1).reshape(-1, batch.shape[1]).astype(np.float64)
