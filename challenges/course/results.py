"""A lesson's last word: its numbers with their tolerances, and the hash of what made them.

`publish` prints them in the notebook's last cell; `stale` and `disagreements` hold stored outputs against files and
against a fresh run.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from challenges.course.catalog import CourseError, Lesson, lesson


def source_hash(a_lesson: Lesson) -> str:
    """Hash of the notebook's code cells and of the handwritten modules beside it, sixteen hexadecimal digits."""
    digest = hashlib.sha256()
    for cell in json.loads(a_lesson.notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            digest.update("".join(cell["source"]).encode() + b"\0")
    for module in a_lesson.modules():
        digest.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def publish(name: str, results: Mapping[str, tuple[float, float]]) -> None:
    """Print a lesson's results: for each name a (value, tolerance).

    The tolerance is absolute and wider than the spread over thread counts and five seeds.
    """
    rows = {}
    for key, (value, tolerance) in results.items():
        if not math.isfinite(value):
            raise CourseError(f"{key}={value} is not allowed in the results: give a finite number")
        if not (math.isfinite(tolerance) and tolerance > 0):
            raise CourseError(f"{key}: tolerance {tolerance} is not allowed: give a positive number")
        rows[key] = {"value": float(f"{float(value):.6g}"), "tolerance": float(tolerance)}
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items())
    print(f'{{"source": "{source_hash(lesson(name))}",\n "results": {{\n{lines}}}}}')


def is_results(cell: Mapping) -> bool:
    """True for the cell that publishes."""
    return "results" in cell.get("metadata", {}).get("tags", [])


def published(cells: list, where: object = "notebook") -> dict:
    """What the results cell of a notebook printed: {"source": …, "results": …}."""
    for cell in cells:
        if is_results(cell):
            return printed(cell.get("outputs", []), where)
    raise CourseError(f"{where} has no cell tagged 'results'")


def printed(outputs: list, where: object = "notebook") -> dict:
    """The JSON object among a results cell's outputs."""
    text = "".join("".join(o["text"]) for o in outputs if o.get("name") == "stdout")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise CourseError(f"{where}: the results cell holds no results: run `make stamp` for it") from None


def stored(notebook: Path) -> dict:
    """The results stored in a notebook file."""
    return published(json.loads(notebook.read_text(encoding="utf-8"))["cells"], notebook.name)


def stale(a_lesson: Lesson) -> str | None:
    """One line if the stored outputs were made by other code than the files hold, else None."""
    how = f"make stamp DAY={int(a_lesson.name[4:])}" if a_lesson.is_day else f"make stamp STUDY={a_lesson.name}"
    try:
        made_by = stored(a_lesson.notebook)["source"]
    except CourseError as error:
        return str(error)
    if made_by != source_hash(a_lesson):
        return f"{a_lesson.name}: outputs are stale (code cells or modules have changed since): run `{how}`"
    return None


def disagreements(old: Mapping, new: Mapping) -> list[str]:
    """One line for each number that is missing, new, or beyond its stored tolerance."""
    lines = []
    for key in sorted(set(old["results"]) | set(new["results"])):
        before, after = old["results"].get(key), new["results"].get(key)
        if before is None or after is None:
            lines.append(f"{key}: {'not stored' if before is None else 'not in the fresh run'}")
        elif not abs(after["value"] - before["value"]) <= before["tolerance"]:
            lines.append(f"{key}: stored {before['value']}, fresh {after['value']}, tolerance {before['tolerance']}")
    return lines
