"""Running a lesson: papermill executes a copy under build/, and a record, a depfile and one line are left behind."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from challenges.course import kernel
from challenges.course.catalog import ROOT, CourseError, Lesson
from challenges.course.results import published

START_UP = {
    "startup/00-course.py": "from challenges.course.kernel import start\n\nstart()\ndel start\n",
    # nothing to the terminal: a kernel that is stopped early would call that an error
    "ipython_kernel_config.py": "c = get_config()\nc.IPKernelApp.log_level = 50\n",
}


def kernel_environment(build: Path) -> dict[str, str]:
    """Variables under which a kernel cuts its network; writes the start-up files that make it do so."""
    for name, text in START_UP.items():
        target = build / "ipython" / "profile_default" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text() != text:
            temporary = target.with_suffix(f".{os.getpid()}")  # lessons start side by side: each finds a whole file
            temporary.write_text(text)
            temporary.replace(target)
    return {
        "IPYTHONDIR": str(build / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def parameter_names(notebook: Path) -> list[str]:
    """Names that the notebook's parameters cell assigns."""
    import ast

    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if "parameters" in cell["metadata"].get("tags", []):
            body = ast.parse("".join(cell["source"])).body
            return [
                t.id for node in body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
            ]
    raise CourseError(f"{notebook.name} has no cell tagged 'parameters'")


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> None:
    """Refuse names that the notebook's parameters cell does not assign."""
    allowed = parameter_names(notebook)
    if unknown := sorted(set(parameters) - set(allowed)):
        raise CourseError(f"{unknown[0]!r} is no parameter of {notebook.name}: choose from {', '.join(allowed)}")


def execute(notebook: Path, out: Path, parameters: Mapping[str, object], notes: Path) -> None:
    """Execute a copy of `notebook` at `out`; the kernel leaves its notes at `notes`. Raises what papermill raises."""
    import logging
    import warnings

    import papermill

    logging.getLogger("papermill").setLevel(logging.ERROR)
    out.parent.mkdir(parents=True, exist_ok=True)
    variables = kernel_environment(ROOT / "build") | {kernel.NOTES: str(notes)}
    if any(str(value).startswith("yahoo:") for value in parameters.values()):
        variables[kernel.NETWORK] = "open"
    with environment(variables), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # papermill's and jupyter's own; what a lesson warns of stands in its outputs
        papermill.execute_notebook(
            notebook, out, dict(parameters), kernel_name="python3", progress_bar=False, log_output=False,
            cwd=notebook.parent, request_save_on_cell_execute=False,
        )  # fmt: skip


def first_line(error: Exception) -> str:
    """The one line that a failed cell deserves."""
    name, value = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    where = f"cell {error.exec_count}: " if hasattr(error, "exec_count") else ""
    return f"{where}{name}: {str(value).splitlines()[0] if str(value) else ''}"


def run(lesson: Lesson, out: Path, parameters: Mapping[str, object]) -> bool:
    """Run a lesson to `out`.ipynb; leave `out`.json (record) and `out`.d (what a change of must rerun it)."""
    check_parameters(lesson.notebook, parameters)
    out.parent.mkdir(parents=True, exist_ok=True)
    notes = out.with_suffix(".notes")
    for old in (notes, out.with_suffix(".json")):
        old.unlink(missing_ok=True)  # an interrupted run has not passed, whatever the one before it did
    start, record = time.monotonic(), {"name": lesson.name, "title": lesson.title, "ok": False, "error": ""}
    try:
        execute(lesson.notebook, out.with_suffix(".ipynb"), parameters, notes)
        cells = json.loads(out.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
        record |= {"ok": True, "results": published(cells, lesson.name)["results"]}
    except Exception as error:  # any cell may raise anything: it becomes the record's line, and the run has failed
        record["error"] = first_line(error)
    kept = json.loads(notes.read_text()) if notes.exists() else {"files": [], "peak_mb": 0}
    notes.unlink(missing_ok=True)
    record |= {"seconds": round(time.monotonic() - start, 1), "peak_mb": kept["peak_mb"]}
    write_depfile(out, lesson, kept["files"])
    out.with_suffix(".json").write_text(json.dumps(record, indent=1))
    say(record, out)
    return bool(record["ok"])


def write_depfile(out: Path, lesson: Lesson, files: list[str]) -> None:
    """A Make rule: the run depends on the notebook and on the repository's files that its kernel imported."""
    target = out.with_suffix(".done").relative_to(ROOT).as_posix() if out.is_relative_to(ROOT) else str(out)
    notebook = (
        lesson.notebook.relative_to(ROOT).as_posix() if lesson.notebook.is_relative_to(ROOT) else str(lesson.notebook)
    )
    needs = [notebook, *files]
    # an empty rule for each file: one that is deleted later makes the lesson run again instead of stopping make
    lines = [f"{target}: {' '.join(needs)}", *(f"{name}:" for name in needs)]
    out.with_suffix(".d").write_text("\n".join(lines) + "\n")


def say(record: Mapping, out: Path) -> None:
    """One progress line, written in one piece so that parallel days do not mix."""
    mark = "ok    " if record["ok"] else "FAILED"
    line = f"{mark} {record['name']:<16} {record['seconds']:6.1f} s {record['peak_mb']:6.0f} MB"
    if not record["ok"]:
        line += f"   {record['error']} (see {os.path.relpath(out.with_suffix('.ipynb'))})"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
