"""The table: on the screen with rich, and as `docs/performance.md`.

In come Outcomes and Growths, out come lines that say who was how fast, what the reach was, and whether it was met.
"""

import os
import platform
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.growth import FACTORS, REACH, Growth
from benchmarks.race import Outcome

COLUMNS = ("work", "peer", "ours, ms", "spread", "peer, ms", "ours / peer", "of the fastest", "reach", "met")
LIBRARIES = ("numpy", "numba", "pandas", "xarray", "pyarrow", "torch")

PREFACE = """Written by `make bench`; do not edit. Ours and the peer take turns on the same data in one run, the peer in
an environment of its own, after their answers have been compared. Times are medians; *spread* is from our fastest to
our slowest turn; *ours / peer* is the median over the turns, *of the fastest* the ratio of the two fastest turns, which
a busy machine disturbs least. The panel is `simulated-sp500`, 503 stocks × 1,007 sessions. All processes, the peers'
too, keep pieces of memory below 32 MiB that they have freed (`MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`): fresh
pages would cost more than the work, for both."""


def line(outcome: Outcome) -> tuple[str, ...]:
    """One Outcome in words, in the order of `COLUMNS`."""
    row, peer, ours, theirs = outcome.row, outcome.peer, outcome.ours * 1e3, outcome.theirs * 1e3
    who = "–" if peer is None else f"{peer.name} ({outcome.version})" if outcome.version else peer.name
    speed = f" ({row.bars / np.median(outcome.ours):.1e} asset-bars/s)" if row.bars else ""
    return (
        row.work,
        who,
        f"{np.median(ours):.3g}{speed}",
        f"{ours.min():.3g}–{ours.max():.3g}",
        f"{np.median(theirs):.3g}" if len(theirs) else "–",
        f"{outcome.ratio:.3g}" if len(theirs) else "–",
        f"{outcome.best_ratio:.3g}" if len(theirs) else "–",
        _reach(outcome),
        "yes" if outcome.passed else "**no**",
    )


def _reach(outcome: Outcome) -> str:
    row, peer = outcome.row, outcome.peer
    said = [f"≤ {row.seconds * 1e3:g} ms"] if row.seconds < np.inf else []
    said += [f"≤ {row.beyond * 1e3:g} ms more"] if row.beyond < np.inf else []
    said += [f"≥ {row.rate:.0e} asset-bars/s"] if row.rate else []
    said += [f"≤ {peer.ratio:.3g}×"] if peer is not None and peer.ratio < np.inf else []
    return ", ".join(said) or "–"


def growth_line(growth: Growth) -> tuple[str, ...]:
    """One Growth in words."""
    times = tuple(f"{seconds * 1e3:.3g}" for seconds in growth.seconds)
    return (
        growth.work,
        *times,
        f"{growth.exponent:.3f}",
        f"≤ {REACH}",
        "yes" if growth.exponent <= REACH else "**no**",
    )


def show(title: str, columns: Iterable[str], lines: Iterable[tuple[str, ...]]) -> None:
    """Print a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title)
    for cells in lines:
        table.add_row(*(cell.replace("**", "") for cell in cells))
    Console(width=170).print(table)


def write(path: Path, outcomes: list[Outcome], growths: list[Growth], absent: list[str]) -> None:
    """Write the page.

    Parameters
    ----------
    path : Path
        Of the Markdown file.
    outcomes, growths : lists
        What was measured.
    absent : list of str
        Peers that could not be run, each with its reason.
    """
    sizes = [f"{factor**2}×, ms" for factor in FACTORS]
    compared = [f"- {o.row.work}, against {o.peer.name}: {o.compared}" for o in outcomes if o.peer is not None]
    parts = [
        "# Performance",
        PREFACE,
        f"{date.today()}; {_processor()}, {os.cpu_count()} cores; {platform.system()}, Python "
        f"{platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        _markdown(COLUMNS, map(line, outcomes)),
        "What was compared before the time was taken:",
        "\n".join(compared),
        "\n".join(f"Not measured: {reason}" for reason in absent),
        "## Growth",
        "The fastest of five turns at 1, 4 and 16 times the cells; the exponent is the slope of log time on log cells.",
        _markdown(("work", *sizes, "exponent", "reach", "met"), map(growth_line, growths)),
    ]
    path.write_text("\n\n".join(part for part in parts if part) + "\n")


def _markdown(columns: Iterable[str], lines: Iterable[tuple[str, ...]]) -> str:
    columns = tuple(columns)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, ("---",) * len(columns), *lines))


def _processor() -> str:
    """The model of the processor, as the kernel names it."""
    described = Path("/proc/cpuinfo").read_text() if platform.system() == "Linux" else ""
    names = [text.partition(":")[2].strip() for text in described.splitlines() if text.startswith("model name")]
    return names[0] if names else platform.machine()
