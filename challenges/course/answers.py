"""What the reader sees of the grading: verdicts with hints, a solution beside an attempt, and how far they are."""

import itertools
from pathlib import Path

from challenges.course.blank import functions, is_blank, workbook
from challenges.course.catalog import CourseError, Day
from challenges.course.grading import check, module_of
from challenges.course.table import console


def show_check(day: Day) -> int:
    """Print a verdict for every exercise; 0 if all pass."""
    from rich.markup import escape

    screen, verdicts = console(), check(day)
    for verdict in verdicts:
        if verdict.passed:
            screen.print(f"[green]✓ {verdict.exercise}[/]")
            continue
        module = module_of(day, verdict.exercise)
        path = workbook(day) / f"{module}.py"
        node = functions(path.read_text(encoding="utf-8")).get(verdict.exercise) if path.exists() else None
        screen.print(f"[red]✗ {verdict.exercise}[/]  {escape(str(verdict.hint))}")
        where = f"{path.relative_to(day.root)}:{node.lineno}" if node else path.relative_to(day.root)
        screen.print(f"  [dim]{where}; to read again: “By hand” in challenges/{day.name}/{day.name}.ipynb[/]")
    passed = sum(v.passed for v in verdicts)
    screen.print(f"{passed} of {len(verdicts)} exercises of Day {day.number} pass")
    return 0 if passed == len(verdicts) else 1


def _lines_of(path: Path, exercise: str) -> list[str]:
    source = path.read_text(encoding="utf-8")
    node = functions(source).get(exercise)
    return source.splitlines()[node.lineno - 1 : node.end_lineno] if node else []


def show_solution(day: Day, exercise: str) -> int:
    """Print the reader's version and ours side by side, once there is an attempt."""
    from rich.syntax import Syntax
    from rich.table import Table

    if exercise not in day.exercises:
        raise CourseError(f"EXERCISE={exercise} is not in Day {day.number}: choose from {', '.join(day.exercises)}")
    module = module_of(day, exercise)
    theirs = workbook(day) / f"{module}.py"
    if not theirs.exists() or is_blank(theirs.read_text(encoding="utf-8"), exercise):
        raise CourseError(
            f"{exercise} has no attempt yet: write one in workbook/{day.name}/{module}.py, then ask again"
        )
    table = Table("yours", "ours", expand=True)
    sides = [_lines_of(path, exercise) for path in (theirs, day.folder / f"{module}.py")]
    left, right = zip(*itertools.zip_longest(*sides, fillvalue=""), strict=True)
    table.add_row(*(Syntax("\n".join(side), "python", theme="ansi_light", word_wrap=True) for side in (left, right)))
    console().print(table)
    return 0


def show_progress(days: list[Day]) -> int:
    """Print every day with how many of its exercises pass now; computed, never remembered."""
    from rich.table import Table

    table = Table("day", "title", "exercises", "")
    for day in days:
        if day.status == "planned":
            table.add_row(str(day.number), f"[dim]{day.title}[/]", "[dim]planned[/]", "")
        elif not workbook(day).exists():
            table.add_row(str(day.number), day.title, f"0 of {len(day.exercises)}", f"make blank DAY={day.number}")
        else:
            passed = sum(v.passed for v in check(day))
            done = passed == len(day.exercises)
            mark = "[green]passed[/]" if done else f"make check DAY={day.number}"
            table.add_row(str(day.number), day.title, f"{passed} of {len(day.exercises)}", mark)
    console().print(table)
    return 0
