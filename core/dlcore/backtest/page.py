"""One page about one backtest, as a desk would send it: figure, HTML that needs nothing else, and numbers.

In comes a Result; out comes a Tearsheet. Beside the strategy stand 1/N and, where there is one, the benchmark; above
them the Sharpe ratio with its interval; below what the numbers rest on, survivorship bias included.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcore.backtest.record import Record, make_record

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from dlcore.backtest.result import Result

DPI = 130
FOOT = ("universe", "entry", "costs", "delisting", "financing", "sizing")


@dataclass(frozen=True, eq=False)
class Tearsheet:
    """A page; made by `tearsheet`.

    Attributes
    ----------
    record : Record
        The series behind it.
    title : str
        Headline.
    """

    record: Record
    title: str

    @property
    def numbers(self) -> dict[str, Any]:
        """All numbers of the page and what they rest on, ready for JSON: None where there is no number."""
        return self.record.numbers

    def draw(self) -> "Figure":
        """Draw the page.

        Returns
        -------
        Figure
            8 inches wide; the caller closes it.
        """
        return _draw(self.record, self.title)

    def png(self) -> bytes:
        """The page as a PNG image."""
        from io import BytesIO

        import matplotlib.pyplot as plt

        figure, image = self.draw(), BytesIO()
        figure.savefig(image, dpi=DPI, metadata={"Software": None})
        plt.close(figure)
        return image.getvalue()

    def html(self) -> str:
        """The page as one HTML document: image and tables are in it, nothing is fetched."""
        from base64 import b64encode
        from html import escape

        rows = "".join(f"<tr><th>{escape(k)}<td>{escape(_shown(v))}" for k, v in self.numbers.items())
        image = b64encode(self.png()).decode()
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(self.title)}</title>'
            "<style>body{font:14px sans-serif;color:#262626;max-width:1040px;margin:2em auto}img{width:100%}"
            "table{border-collapse:collapse}th{text-align:left;font-weight:normal;color:#555;padding-right:2em;"
            "vertical-align:top}td,th{border-bottom:1px solid #eee;padding:.2em .5em}</style>"
            f'<img alt="{escape(self.title)}" src="data:image/png;base64,{image}"><table>{rows}</table></html>'
        )

    def save(self, path: str | Path) -> Path:
        """Write the page where its ending says what it is to be.

        Parameters
        ----------
        path : str or Path
            Ends in .png, .html or .json.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            For another ending.
        """
        import json

        path = Path(path)
        makers = {
            ".png": self.png,
            ".html": lambda: self.html().encode(),
            ".json": lambda: json.dumps(self.numbers, indent=2, ensure_ascii=False, allow_nan=False).encode(),
        }
        if path.suffix not in makers:
            raise ValueError(f"{path.name} is not allowed: give a name that ends in .png, .html or .json")
        path.write_bytes(makers[path.suffix]())
        return path


def tearsheet(
    result: "Result", benchmark: "pd.Series | xr.DataArray | None" = None, *, title: str = "Backtest"
) -> Tearsheet:
    """Make a page about a Result.

    Parameters
    ----------
    result : Result
        From either engine, with fills, and at least 42 sessions from the first on; earlier sessions do not count.
    benchmark : Series or DataArray over dates, optional
        Levels for every session; the panel's `benchmark` without it, if there is one.
    title : str
        Headline.

    Returns
    -------
    Tearsheet

    Raises
    ------
    ValueError
        As `make_record`.
    """
    return Tearsheet(make_record(result, benchmark), title)


def _draw(record: Record, title: str) -> "Figure":
    from dlcore.backtest import drawing
    from dlcore.plots import figure

    years = 0.35 + 0.2 * len(record.months)
    heights = [0.95, 2.3, 1.1, 1.5, 1.5, 1.6, years, 0.8]
    page, grid = figure(len(heights), 2, height=sum(heights) / len(heights), height_ratios=heights)
    cells = grid[0, 0].get_gridspec()
    wide = {}
    for row in (0, 1, 2, 6, 7):
        for axes in grid[row]:
            axes.remove()
        wide[row] = page.add_subplot(cells[row, :])
    wide[2].sharex(wide[1])
    page.set_layout_engine("constrained", rect=(0.02, 0.01, 0.96, 0.98), hspace=0.03)
    _head(wide[0], record, title)
    drawing.draw_equity(wide[1], record)
    drawing.draw_drawdown(wide[2], record)
    drawing.draw_rolling_sharpe(grid[3, 0], record)
    drawing.draw_exposure(grid[3, 1], record)
    drawing.draw_turnover(grid[4, 0], record)
    drawing.draw_cost_curve(grid[4, 1], record)
    drawing.draw_distribution(grid[5, 0], record)
    drawing.draw_worst(grid[5, 1], record)
    drawing.draw_months(wide[6], record)
    _foot(wide[7], record)
    for axes in page.axes:
        axes.tick_params(length=3, labelsize=8)
        axes.set_title(axes.get_title("left"), fontsize=10)
        axes.xaxis.label.set_fontsize(8.5)
    for text in (*wide[0].texts, *wide[7].texts):
        text.set_in_layout(False)  # words must not move the panels
    wide[6].tick_params(length=0)
    return page


def _head(axes: Any, record: Record, title: str) -> None:
    """Headline, what to beware of, and the numbers that are asked for first."""
    from dlcore.backtest.drawing import signed
    from dlcore.plots import COLORS

    n = record.numbers
    axes.axis("off")
    axes.text(0, 1, title, fontsize=14, weight="bold", va="top", transform=axes.transAxes)
    span = f"{n['first_session']} to {n['last_session']}, {n['sessions']} sessions"
    axes.text(0, 0.66, span, fontsize=9, va="top", color="#555555", transform=axes.transAxes)
    if "survivorship" in n["universe"]:
        axes.text(1, 0.66, "survivorship-biased: see below", fontsize=9, va="top", ha="right", color=COLORS["red"])
    low, high = signed(n["sharpe_low"], 2), signed(n["sharpe_high"], 2)
    shown = [("Sharpe, 95 % interval", f"{signed(n['sharpe'], 2)}  [{low}, {high}]")]
    parts = {"return a year": "annual_return", "volatility": "annual_volatility", "worst drawdown": "max_drawdown"}
    parts |= {"costs a year": "costs_per_year", "turnover a day": "turnover_per_session"}
    shown += [(name, f"{signed(100 * n[key], 1)} %") for name, key in parts.items()]
    places = (0, 0.28, 0.43, 0.56, 0.72, 0.87)
    for x, (name, value) in zip(places, shown, strict=True):
        axes.text(x, 0.2, name, fontsize=7.5, color="#555555", va="bottom", transform=axes.transAxes)
        axes.text(x, 0.16, value, fontsize=10.5, va="top", transform=axes.transAxes)


def _foot(axes: Any, record: Record) -> None:
    """What the numbers rest on."""
    from textwrap import fill

    attrs = record.result.attrs
    said = [f"{name}: {attrs[name]}" for name in FOOT if name in attrs]
    said[0] = f"{said[0][:1].upper()}{said[0][1:]}"
    ways = "Sharpe: mean over standard deviation of daily returns × √252, cash rate 0, interval by stationary bootstrap"
    equal = "1/N: all assets of the panel, every 21 sessions, at the same costs"
    axes.axis("off")
    text = fill(". ".join([*said, ways, equal]) + ".", 145)
    axes.text(0, 1, text, fontsize=7, va="top", color="#555555", transform=axes.transAxes, linespacing=1.4)


def _shown(value: Any) -> str:
    """A number with four digits, anything else as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
