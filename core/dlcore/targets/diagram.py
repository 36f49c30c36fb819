"""The plan of a walk-forward as a picture: one row of bars for each fold, oldest on top.

In come folds and dates; out come axes that were drawn on. The gap that is left between the blue and the green bar is
what the purge and the embargo took, drawn in grey.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from dlcore.targets.folds import Fold


def draw_folds(axes: "Axes", folds: "Sequence[Fold]", dates: np.ndarray, final: np.ndarray) -> None:
    """Draw the periods of each fold from their first to their last date with a sample.

    Parameters
    ----------
    axes : Axes
        About 0.3 inches high for each fold.
    folds : sequence of Fold
        Oldest first.
    dates : array of datetime64 (dates,)
        The dates of their masks.
    final : array of datetime64 (sessions,)
        The period that no fold sees; may be empty.
    """
    from dlcore.plots import COLORS, name_line

    colors = {"purged": COLORS["quiet"], "train": COLORS["blue"], "validation": COLORS["orange"]}
    colors |= {"test": COLORS["green"], "final, unopened": COLORS["red"]}
    for y, fold in enumerate(folds):
        masks = {"train": fold.train, "validation": fold.validation, "test": fold.test}
        periods = {name: dates[mask.to_numpy().any(axis=1)] for name, mask in masks.items() if mask is not None}
        periods = {name: days for name, days in periods.items() if len(days)}
        periods = {"purged": np.concatenate(list(periods.values())), **periods, "final, unopened": final}
        for name, days in periods.items():
            if len(days):
                axes.barh(y, days.max() - days.min(), left=days.min(), height=0.6, color=colors[name], lw=0)
            if y == 0 and len(days) and name != "purged":
                middle = days.min() + (days.max() - days.min()) / 2
                name_line(axes, middle, -0.55, name, colors[name], ha="center")
    axes.xaxis_date()
    axes.set_xlabel("grey: purged, and the embargo")
    axes.set(yticks=range(len(folds)), yticklabels=range(1, len(folds) + 1), ylabel="fold")
    axes.set_ylim(len(folds) - 0.5, -0.9)
