"""A quality report at a glance: one row for each check, a mark where and when it found something."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.markets.quality.report import SEVERITIES, Report

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_TONES = {"error": "ink", "warning": "orange", "note": "quiet"}


def draw_report(axes: "Axes", report: Report, panel: "xr.Dataset") -> None:
    """Draw the findings over time, most serious checks on top, with their numbers and the share of assets trading.

    Parameters
    ----------
    axes : Axes
        About 3 inches high.
    report : Report
        What `check_quality` said of the panel.
    panel : Dataset (date, asset)
        The Panel: its dates are the horizontal axis, the grey area is the share of its assets that traded.
    """
    from dlcore.plots import COLORS, name_line

    check, severity, date = (report.findings[name].to_numpy() for name in ("check", "severity", "date"))
    worst = {name: min(map(SEVERITIES.index, severity[check == name])) for name in np.unique(check)}
    checks = sorted(worst, key=lambda name: (worst[name], -np.sum(check == name)))
    dates = panel["date"].to_numpy()
    traded = panel["close"].notnull().mean("asset").to_numpy()
    floor = len(checks) + 0.5
    axes.fill_between(dates, floor, floor - 0.9 * traded, color=COLORS["sky"], alpha=0.35, lw=0, step="mid")
    for row, name in enumerate(checks):
        for level in reversed(SEVERITIES):
            days = date[(check == name) & (severity == level)]
            axes.plot(days, np.full(len(days), row), "|", ms=12, mew=1.2, color=COLORS[_TONES[level]])
        name_line(axes, 1.01, row, f"{np.sum(check == name):,}", transform=axes.get_yaxis_transform())
    counts = [f"{np.sum(severity == level):,} {level}s" for level in SEVERITIES]
    axes.set(
        yticks=range(len(checks) + 1),
        yticklabels=[*checks, "assets trading"],
        ylim=(floor, -0.6),
        xlim=(dates[0], dates[-1]),
        xlabel="date",
        title=f"{', '.join(counts)} in {panel.sizes['asset']} assets (black: error, orange: warning, grey: note)",
    )
