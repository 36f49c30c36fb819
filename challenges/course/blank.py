"""A day with its exercises emptied: the module to fill in and the notebook that uses it, under workbook/."""

import ast
import json
import shutil
import time
from pathlib import Path

from challenges.course.catalog import CourseError, Day

BODY = "raise NotImplementedError"


def functions(source: str) -> dict[str, ast.FunctionDef]:
    """The module's top-level functions by name."""
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def blanked(source: str, exercises: tuple[str, ...]) -> str:
    """The module with the bodies of the exercises gone; signatures, docstrings and all else stay."""
    lines = source.splitlines(keepends=True)
    for name, node in sorted(functions(source).items(), key=lambda item: -item[1].lineno):
        if name in exercises:
            documented = ast.get_docstring(node) is not None
            after = node.body[0].end_lineno if documented else node.body[0].lineno - 1
            lines[after : node.end_lineno] = [f"    {BODY}\n"]
    return "".join(lines)


def is_blank(source: str, exercise: str) -> bool:
    """True while the reader has not begun: nothing but the docstring and the raise."""
    node = functions(source).get(exercise)
    if node is None:
        return False
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return [ast.unparse(statement) for statement in body] == [BODY]


def workbook(day: Day) -> Path:
    """Where the reader's version of a day lies."""
    return day.root / "workbook" / day.name


def notebook_copy(day: Day) -> str:
    """The lesson without outputs, importing the reader's modules."""
    notebook = json.loads(day.lesson.notebook.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            theirs = [line.replace(f"challenges.{day.name}.", f"workbook.{day.name}.") for line in cell["source"]]
            cell |= {"source": theirs, "outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write(day: Day, *, force: bool = False) -> Path:
    """Write the blanked day. A reader's work is never overwritten; with `force` it is kept aside under a new name."""
    target = workbook(day)
    if target.exists():
        if not force:
            raise CourseError(
                f"{target.relative_to(day.root)} holds your work: FORCE=1 keeps it aside and starts afresh"
            )
        shutil.move(target, target.with_name(f"{day.name}-{time.strftime('%Y%m%d-%H%M%S')}"))
    target.mkdir(parents=True)
    for module in day.modules:
        source = (day.folder / f"{module}.py").read_text(encoding="utf-8")
        (target / f"{module}.py").write_text(blanked(source, day.exercises), encoding="utf-8")
    (target / f"{day.name}.ipynb").write_text(notebook_copy(day), encoding="utf-8")
    return target
