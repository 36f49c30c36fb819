"""What one sees of a run while it learns: a bar on a terminal, and a line of JSON for each epoch in a file.

In come epochs as they end; nothing comes out. Where there is no terminal nothing is shown.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dlcore.markets.store.disk import write_durably

if TYPE_CHECKING:
    from rich.console import Console

METRICS = "metrics.jsonl"


def terminal() -> "Console":
    """The one console on what stderr is now: bars of two consoles would write over each other."""
    return _console(getattr(sys.stderr, "rich_proxied_file", sys.stderr))


@lru_cache(maxsize=1)
def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    return Console(file=stream)


@contextmanager
def epochs_shown(epochs: int) -> Iterator[Callable[[int, float], None]]:
    """A bar on stderr where that is a terminal; the function takes how many epochs are done, and the newest loss."""
    if not sys.stderr.isatty():
        yield lambda done, loss: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("epoch"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeRemainingColumn(), console=terminal(), transient=True) as bar:
        task = bar.add_task("", total=epochs)
        yield lambda done, loss: bar.update(task, completed=done, description=f"loss {loss:.5g}")


def rewrite_metrics(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Bring the file to what the checkpoint knows: after a kill it may be a line behind, or end in half a line."""
    write_durably(path, "".join(_line(epoch) for epoch in history).encode())


def append_metrics(path: Path, epoch: dict[str, float]) -> None:
    """Add one epoch."""
    with path.open("a", encoding="utf-8") as lines:
        lines.write(_line(epoch))


def _line(epoch: dict[str, float]) -> str:
    return json.dumps(epoch) + "\n"
