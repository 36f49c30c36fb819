"""The closing table: every lesson's record in one view, and the exit status of them all."""

import json
from collections.abc import Iterable
from pathlib import Path

from challenges.course.catalog import Lesson


def console():
    """A terminal as wide as it is, or a page of 120 columns where output goes to a file."""
    from rich.console import Console

    wide = Console(highlight=False)
    return wide if wide.is_terminal else Console(highlight=False, width=120)


def records(lessons: Iterable[Lesson], folder: Path) -> list[dict]:
    """The last run's record of each lesson; one that was never run says so."""
    rows = []
    for lesson in lessons:
        path = folder / f"{lesson.name}.json"
        missing = {"name": lesson.name, "title": lesson.title, "ok": False, "error": "never run"}
        rows.append(json.loads(path.read_text()) if path.exists() else missing)
    return rows


def key_results(row: dict, most: int = 3) -> str:
    """The first few numbers that a lesson published, or its error."""
    if not row["ok"]:
        return row["error"]
    return "\n".join(f"{name} {result['value']:.4g}" for name, result in list(row["results"].items())[:most])


def show(rows: list[dict]) -> int:
    """Print the table; 0 if all lessons passed, else 1."""
    from rich.table import Table

    failed = [row["name"] for row in rows if not row["ok"]]
    table = Table(title=f"{len(rows)} run, {len(failed)} failed", title_justify="left")
    for name, side in (("lesson", "left"), ("title", "left"), ("seconds", "right"), ("peak MB", "right")):
        table.add_column(name, justify=side)
    table.add_column("key results", no_wrap=True)
    table.add_column("")
    for row in rows:
        mark = "[green]pass[/]" if row["ok"] else "[red]FAIL[/]"
        cells = (row["name"], row["title"], str(row.get("seconds", "")), str(row.get("peak_mb", "")), key_results(row))
        table.add_row(*cells, mark)
    console().print(table)
    return 1 if failed else 0
