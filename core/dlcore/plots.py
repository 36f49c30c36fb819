"""How every figure of the project looks: one palette, one size, light, labelled on the line.

In come plain arrays and matplotlib axes; out come axes that were drawn on. Nothing here computes a result.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

__all__ = ["COLORS", "autocorrelogram", "figure", "name_line", "timeline"]

_ORDER = ("blue", "orange", "green", "red", "purple", "brown", "pink", "grey", "yellow", "sky")

#: The palette by name: seaborn's "colorblind" (after Wong, *Nature Methods* 2011), and a quiet tone for context.
COLORS: Mapping[str, str] = MappingProxyType(
    dict(zip(_ORDER, sns.color_palette("colorblind").as_hex(), strict=True)) | {"quiet": "#B8B8B8", "ink": "#262626"}
)

WIDTH = 8.0  # inches: a lesson's column

_STYLE = {
    "figure.dpi": 80,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.edgecolor": COLORS["ink"],
    "axes.linewidth": 0.8,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "font.size": 10,
    "savefig.dpi": 80,
}


def figure(rows: int = 1, columns: int = 1, *, height: float = 3.0, **subplots: Any) -> tuple[Figure, Any]:
    """A figure of the house: one column wide, `height` inches per row.

    Parameters
    ----------
    rows, columns : int
        The grid of axes.
    height : float
        Inches per row.
    **subplots
        Passed to `matplotlib.pyplot.subplots`, such as ``sharex=True`` or ``width_ratios``.

    Returns
    -------
    figure, axes
        As from `matplotlib.pyplot.subplots`: one Axes for a 1 × 1 grid, else an array of them.
    """
    import matplotlib.pyplot as plt

    sns.set_theme(style="ticks", palette="colorblind", rc=_STYLE)
    return plt.subplots(rows, columns, figsize=(WIDTH, height * rows), **subplots)


def name_line(axes: Axes, x: float, y: float, text: str, color: str = COLORS["ink"], **text_options: Any) -> None:
    """Write a line's name beside it, in its colour: no legend to look up. `x`, `y` in data units."""
    axes.text(x, y, text, **{"color": color, "fontsize": 9, "va": "center", **text_options})


def autocorrelogram(axes: Axes, rho: ArrayLike, iid_band: float, robust_band: ArrayLike) -> None:
    """Autocorrelations as stems over both bands: the textbook's as lines, the robust one as an area.

    Parameters
    ----------
    axes : Axes
    rho, robust_band : array_like, shape (lags,)
        For lags 1, 2, …; dimensionless.
    iid_band : float
        Half-width of the band that assumes independence.
    """
    rho, robust = np.asarray(rho), np.asarray(robust_band)
    lags = np.arange(1, len(rho) + 1)
    axes.fill_between(lags, -robust, robust, color=COLORS["sky"], alpha=0.35, lw=0, step="mid")
    for side in (-iid_band, iid_band):
        axes.axhline(side, color=COLORS["red"], lw=1, ls="--")
    axes.axhline(0, color=COLORS["ink"], lw=0.8)
    outside = np.abs(rho) > robust
    for chosen, color in ((~outside, COLORS["quiet"]), (outside, COLORS["blue"])):
        axes.vlines(lags[chosen], 0, rho[chosen], color=color, lw=2)
        axes.plot(lags[chosen], rho[chosen], "o", color=color, ms=4)
    axes.set(xlabel="lag (days)", ylabel="autocorrelation")


def timeline(axes: Axes, *, horizon: int = 5, entry: str = "next_open") -> None:
    """When we know, decide, fill and are paid: the clock that every study of the project keeps.

    Parameters
    ----------
    axes : Axes
        Wide and low: about one inch high.
    horizon : int
        Sessions from fill to fill.
    entry : {"next_open", "next_close"}
        Where on session t + 1 the order is filled.
    """
    if entry not in ("next_open", "next_close"):
        raise ValueError(f"entry={entry!r} is not allowed: give 'next_open' or 'next_close'")
    at = 0.15 if entry == "next_open" else 0.85
    price = entry.removeprefix("next_")
    decide, fill, leave = 0.85, 1 + at, 1 + horizon + at
    axes.axhline(0, color=COLORS["ink"], lw=1)
    for day in range(-2, horizon + 3):
        axes.plot([day, day], [-0.12, 0.12], color=COLORS["quiet"], lw=1)
        name = "t" if day == 0 else f"t{day:+d}".replace("-", "−")
        axes.text(day + 0.5, -0.35, name, ha="center", va="center", fontsize=9, color=COLORS["ink"])
    for start, end, what, color in (
        (-2, decide, "what we may know", COLORS["blue"]),
        (fill, leave, f"the return we forecast: {horizon} sessions", COLORS["orange"]),
    ):
        axes.plot([start, end], [0, 0], color=color, lw=6, solid_capstyle="butt")
        axes.text((start + end) / 2, 0.4, what, ha="center", fontsize=9, color=color)
    for when, what, side in (
        (decide, "decide at\nthe close", "right"),
        (fill, f"buy at\nthe {price}", "left"),
        (leave, f"sell at\nthe {price}", "left"),
    ):
        axes.plot([when, when], [0, -1.3], color=COLORS["ink"], lw=0.8)
        away = 0.06 if side == "left" else -0.06
        axes.text(when + away, -1.05, what, ha=side, va="center", fontsize=9, color=COLORS["ink"])
    axes.set(xlim=(-2, horizon + 3), ylim=(-1.5, 0.8), yticks=[], xticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
