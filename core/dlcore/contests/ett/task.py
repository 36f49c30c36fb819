"""What is to be forecast: which rows teach, which choose and which judge, on which scale, from how long a window.

In come a Series, a horizon and a look-back; out comes a Task, whose windows are all there are, one row apart. A window
is named by its origin, the first row that is to be forecast.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlcore.windows.gather import gather

if TYPE_CHECKING:
    from dlcore.contests.ett.series import Series

Part = Literal["train", "validation", "test"]
PARTS = ("train", "validation", "test")
MONTH_H = 30 * 24
SPLITS = {17_420: 1, 69_680: 4}  # rows of ETTh1 and ETTh2, of ETTm1 and ETTm2: steps in an hour


@dataclass(frozen=True, eq=False)
class Task:
    """A benchmark, settled.

    Attributes
    ----------
    cube : array or tensor of float32 (1, rows, channels)
        All rows, each channel less its mean and over its standard deviation (ddof 0) on the training rows.
    borders : tuple of int
        First row of train, validation and test, and the row after the last; what comes later is not used.
    horizon, look_back : int
        Rows to forecast, and rows before them that are known.
    steps_per_day : int or None
        As `Series`.
    """

    cube: Any
    borders: tuple[int, int, int, int]
    horizon: int
    look_back: int
    steps_per_day: int | None

    @property
    def channels(self) -> int:
        """How many."""
        return self.cube.shape[2]

    def origins(self, part: Part) -> np.ndarray:
        """Every row of a part from which all the horizon lies in that part, int64 (windows,), ascending.

        Validation and test reach back into the part before for their windows, so how many there are does not depend on
        the look-back; training has no part before it.
        """
        place = PARTS.index(part)
        first = self.borders[place] if place else self.look_back
        return np.arange(first, self.borders[place + 1] - self.horizon + 1)

    def batch(self, origins: Any) -> tuple[Any, Any]:
        """Copy out windows, float32 (batch, look_back, channels), and what came, (batch, horizon, channels).

        Origins are an array or a tensor as the cube is, on its device.
        """
        rows = gather(self.cube, origins - self.look_back, self.look_back + self.horizon)
        rows = rows.reshape(len(origins), -1, self.channels)  # (B, L + H, C)
        return rows[:, : self.look_back], rows[:, self.look_back :]


def part_sizes(rows: int) -> tuple[int, int, int]:
    """Rows of train, validation and test: 12, 4 and 4 months of 30 days for files as long as the ETT ones, else shares.

    70 % and 20 %, both rounded down, are train and test; validation has what is left: of 7,588 exchange rates 5,311,
    760 and 1,517.
    """
    if rows in SPLITS:
        month = MONTH_H * SPLITS[rows]
        return 12 * month, 4 * month, 4 * month
    train, test = rows * 7 // 10, rows * 2 // 10  # in integers: 90 · .7 is a little less than 63
    return train, rows - train - test, test


def make_task(series: "Series", *, horizon: int, look_back: int) -> Task:
    """Split, scale and check.

    Parameters
    ----------
    series : Series
    horizon, look_back : int
        Rows, each ≥ 1; at least one window must fit into each part.

    Returns
    -------
    Task

    Raises
    ------
    ValueError
        For a horizon or look-back that is no integer ≥ 1 or does not fit, or training rows that never move.

    References
    ----------
    Zhou et al., "Informer", AAAI (2021), for borders and scale; Wu et al., "Autoformer", NeurIPS (2021), for 7 : 1 : 2.
    """
    check_count("horizon", horizon)
    check_count("look_back", look_back)
    train, validation, test = part_sizes(len(series.values))
    if horizon > (most := min(validation, test)):
        sizes = f"validation and test have {validation} and {test} rows"
        raise ValueError(f"horizon={horizon} is not allowed: {sizes}, give 1 to {most}, or a longer file")
    if look_back > train - horizon:
        raise ValueError(f"look_back={look_back} is not allowed: of {train} training rows give ≤ {train - horizon}")
    known = series.values[:train]
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = known.mean(axis=0), known.std(axis=0)  # (C,) each
        scaled = ((series.values - mean) / np.where(spread > 0, spread, 1.0)).astype(np.float32)  # (T, C)
    if not np.isfinite(scaled).all():
        channel = series.names[np.isfinite(scaled).all(axis=0).argmin()]
        raise ValueError(f"channel {channel} has values beyond all that it did in training: leave it out")
    if not (spread > 0).any():
        raise ValueError("no channel moves in the training rows: there is nothing to forecast")
    borders = (0, train, train + validation, train + validation + test)
    return Task(scaled[None], borders, int(horizon), int(look_back), series.steps_per_day)


def check_count(name: str, value: Any) -> None:
    """Refuse what is no integer ≥ 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name}={value!r} is not allowed: give an integer ≥ 1")
