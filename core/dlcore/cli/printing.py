"""How commands speak: tables, JSON, progress on a terminal, and mistakes in one line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@contextmanager
def one_line_refusals() -> Iterator[None]:
    """Turn what the library refuses into one line and exit code 2."""
    try:
        yield
    except (ValueError, ModuleNotFoundError, OSError) as error:
        typer.echo(f"dlcore: {error}", err=True)
        raise typer.Exit(2) from None


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where that is a terminal; the function takes how much is done, and of how much."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from dlcore.training.progress import terminal

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal(), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def print_json(value: Any) -> None:
    """Print plain Python types as JSON; NaN is refused."""
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(columns: list[str], rows: list[list[Any]]) -> None:
    """Print rows under their heads; None as a dash, floats with four digits."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*map(_text, row))
    Console(width=None if sys.stdout.isatty() else 132).print(table)


def plain_records(frame: Any) -> list[dict[str, Any]]:
    """Rows of a DataFrame as plain Python types: dates as YYYY-MM-DD, missing and infinite numbers as None."""
    import math

    import pandas as pd

    def plain(value: Any) -> Any:
        value = value.item() if hasattr(value, "item") else value
        if isinstance(value, pd.Timestamp):
            return f"{value:%F}" if value == value.normalize() else value.isoformat()
        if isinstance(value, float) and not math.isfinite(value):
            return None if math.isnan(value) else str(value)
        known = isinstance(value, bool | int | float | str)
        return value if known else None if value is None or value is pd.NaT or value is pd.NA else str(value)

    columns = [str(column) for column in frame.columns]
    return [dict(zip(columns, map(plain, row), strict=True)) for row in frame.itertuples(index=False, name=None)]


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
