"""The panels of a tearsheet, one function each: a Record is drawn on the axes given."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.backtest.ratios import rolling_error, sharpe
from dlcore.backtest.record import BPS, Record
from dlcore.evaluation import underwater
from dlcore.evaluation.series import SESSIONS_PER_YEAR
from dlcore.plots import COLORS, name_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HUES = {"strategy": COLORS["blue"], "1/N": COLORS["orange"], "benchmark": COLORS["grey"]}
SMOOTH = 21  # sessions over which turnover is averaged
LOG_FROM = 4  # times its lowest value: growth beyond this is drawn on a logarithmic axis


def draw_equity(axes: "Axes", record: Record) -> None:
    """Growth of 1, names at the right end."""
    grown = (1 + record.returns).cumprod()
    for name in grown.columns[::-1]:
        axes.plot(grown.index, grown[name], color=HUES[name], lw=1.8 if name == "strategy" else 1.2)
    axes.axhline(1, color=COLORS["quiet"], lw=0.8, zorder=0)
    if grown.to_numpy().max() > LOG_FROM * grown.to_numpy().min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
    ratios = ", ".join(f"{name} {signed(sharpe(record.returns[name]), 2)}" for name in grown.columns)
    axes.set(title=f"Growth of 1, after costs; Sharpe: {ratios}")
    _on_dates(axes, record, room=0.12)
    _name_ends(axes, record, {name: float(grown[name].iloc[-1]) for name in grown.columns}, HUES, 0.09)


def draw_drawdown(axes: "Axes", record: Record) -> None:
    """Loss from the best value so far."""
    for name in record.returns.columns[::-1]:
        depth = 100 * underwater(record.returns[name].to_numpy())
        if name == "strategy":
            axes.fill_between(record.dates, depth, 0, color=HUES[name], alpha=0.3, lw=0)
        axes.plot(record.dates, depth, color=HUES[name], lw=1.2 if name == "strategy" else 0.8)
    axes.set(title="Drawdown, %")
    _on_dates(axes, record, room=0.12)


def draw_rolling_sharpe(axes: "Axes", record: Record) -> None:
    """Sharpe ratio of the sessions before, with two standard errors."""
    import pandas as pd

    mine = record.returns["strategy"]
    window = SESSIONS_PER_YEAR // 2 if len(mine) > SESSIONS_PER_YEAR else len(mine) // 3
    rolling = mine.rolling(window)
    ratio: pd.Series = rolling.mean() / rolling.std() * SESSIONS_PER_YEAR**0.5
    error = 1.96 * rolling_error(ratio.to_numpy(), window)
    axes.fill_between(record.dates, ratio - error, ratio + error, color=COLORS["sky"], alpha=0.4, lw=0)
    axes.plot(record.dates, ratio, color=HUES["strategy"])
    axes.axhline(0, color=COLORS["ink"], lw=0.8)
    axes.set(title=f"Sharpe of the last {window} sessions, 95 % band")
    _on_dates(axes, record, room=0.02)


def draw_exposure(axes: "Axes", record: Record) -> None:
    """Gross and net weights after each close."""
    colors = {"gross": COLORS["blue"], "net": COLORS["orange"]}
    shown = {name: 100 * record.exposure[name].to_numpy() for name in colors}
    for name, color in colors.items():
        axes.plot(record.dates, shown[name], color=color, lw=1.1)
    axes.axhline(0, color=COLORS["quiet"], lw=0.8, zorder=0)
    axes.margins(y=0.2)
    axes.set(title="Exposure after the close, % of NAV")
    _on_dates(axes, record, room=0.18)
    _name_ends(axes, record, {name: float(values[-1]) for name, values in shown.items()}, colors, 0.14)


def draw_turnover(axes: "Axes", record: Record) -> None:
    """Two-way turnover, averaged over a month."""
    smooth = np.asarray(record.turnover.rolling(SMOOTH, min_periods=1).mean())
    axes.plot(record.dates, 100 * smooth, color=COLORS["blue"])
    axes.set(title="Two-way turnover a day, % of NAV, monthly mean")
    axes.set_ylim(bottom=0)
    _on_dates(axes, record, room=0.02)


def draw_cost_curve(axes: "Axes", record: Record) -> None:
    """Sharpe ratio against costs, what was paid, and where nothing is left."""
    curve, paid, even = record.cost_curve, record.paid_bps, record.break_even_bps
    axes.plot(BPS, curve, color=COLORS["blue"])
    axes.axhline(0, color=COLORS["ink"], lw=0.8)
    if paid <= BPS[-1]:
        at = float(np.interp(paid, BPS, curve))
        axes.plot(paid, at, "o", color=COLORS["blue"], ms=5)
        axes.annotate(f"paid: {paid:.1f} bp", (paid, at), (6, 6), textcoords="offset points", fontsize=9)
    axes.margins(y=0.25)
    if 0 < even <= BPS[-1]:
        axes.axvline(even, color=COLORS["red"], lw=1, ls="--")
    where = f"break-even at {even:.1f} bp" if even > 0 else "a loss before costs"
    axes.set(title=f"Sharpe by costs: {where}", xlabel="bp of traded value per side")


def draw_distribution(axes: "Axes", record: Record) -> None:
    """Daily returns against the normal of the same mean and spread."""
    mine = 100 * record.returns["strategy"].to_numpy()
    axes.hist(mine, bins=60, density=True, color=COLORS["sky"], lw=0)
    grid = np.linspace(mine.min(), mine.max(), 200)
    spread = mine.std(ddof=1)
    bell = np.exp(-0.5 * ((grid - mine.mean()) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    axes.plot(grid, bell, color=COLORS["ink"], lw=1)
    tail = 100 * record.numbers["var_95"]
    axes.axvline(tail, color=COLORS["red"], lw=1, ls="--")
    axes.set(title=f"Profit and loss a day: 1 in 20 below {signed(tail, 1)} %", xlabel="% of NAV; the line is a normal")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def draw_worst(axes: "Axes", record: Record) -> None:
    """The deepest drawdowns as a table."""
    from matplotlib.transforms import Bbox

    text = [
        [f"{signed(100 * row['depth'], 1)} %", *map(_day, (row["start"], row["trough"], row["end"])), row["sessions"]]
        for row in record.worst_drawdowns.to_dict("records")
    ]
    axes.axis("off")
    axes.set_title("Worst drawdowns")
    if not text:
        axes.text(0, 0.8, "none", fontsize=9)
        return
    head, widths = ["depth", "from", "trough", "back", "days"], [0.17, 0.235, 0.235, 0.235, 0.125]
    room = (-0.03, 1 - 0.17 * (1 + len(text)), 1.03, 0.17 * (1 + len(text)))
    table = axes.table(text, colLabels=head, colWidths=widths, bbox=Bbox.from_bounds(*room), edges="open")
    table.auto_set_font_size(False)
    for (row, _), cell in table.get_celld().items():
        cell.set_text_props(fontsize=7.5, color=COLORS["ink"], weight="bold" if row == 0 else "normal")


def draw_months(axes: "Axes", record: Record) -> None:
    """Returns by month, in per cent, orange for losses."""
    from matplotlib.colors import LinearSegmentedColormap

    table = 100 * record.months.to_numpy()
    limit = float(np.nanmax(np.abs(table[:, :12]), initial=1e-9))
    shades = LinearSegmentedColormap.from_list("loss and gain", [COLORS["orange"], "white", COLORS["blue"]])
    seen, edge = np.clip(np.nan_to_num(table), -limit, limit), 1.6 * limit  # pale enough for dark figures
    axes.imshow(seen, cmap=shades, vmin=-edge, vmax=edge, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        if np.isfinite(value):
            weight = "bold" if column == 12 else "normal"
            axes.text(column, row, signed(value, 1), ha="center", va="center", fontsize=8, weight=weight)
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "year"]
    axes.set_xticks(range(13), names)
    axes.set_yticks(range(len(table)), [str(year) for year in record.months.index])
    axes.axvline(11.5, color="white", lw=3)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title("Return by month, %")


def signed(value: float, digits: int) -> str:
    """A number with a true minus."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _day(date) -> str:
    """A date, or that there is none yet."""
    return f"{date:%F}" if date == date else "not yet"


def _on_dates(axes: "Axes", record: Record, *, room: float) -> None:
    """Sessions along the bottom, with room at the right for names, as a share of the width."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    start, end = date2num(record.dates[[0, -1]])
    axes.set_xlim(start, end + room * (end - start))
    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def _name_ends(axes: "Axes", record: Record, ends: dict[str, float], colors: dict[str, str], apart: float) -> None:
    """Names beside the ends of lines, at least `apart` of the height from one another."""
    from matplotlib.dates import date2num

    x = float(date2num(record.dates[-1:])[0])
    scale = axes.transData + axes.transAxes.inverted()
    place = -np.inf
    for name, y in sorted(ends.items(), key=lambda item: item[1]):
        along, height = scale.transform((x, y))
        place = max(float(height), place + apart)
        name_line(axes, float(along), place, f" {name}", colors[name], transform=axes.transAxes)
