"""A day's page: the executed notebook between what it asks of its reader and what it leaves behind.

In come a Day and the notebook that was run; out comes a notebook whose further cells are rendered from the files: the
exercises as the learner meets them, and each symbol of the module beside its graduate.
"""

import ast
import inspect
import json

from challenges.course import grading
from challenges.course.blank import functions
from challenges.course.catalog import Day
from docs.site.reference import link, named


def executed(day: Day) -> tuple[dict, float | None]:
    """The notebook as `make all-days` left it, and its seconds; the committed one where that run is not there."""
    ran = day.root / "build" / "days" / f"{day.name}.ipynb"
    record = ran.with_suffix(".json")
    if not (ran.exists() and record.exists() and json.loads(record.read_text(encoding="utf-8"))["ok"]):
        return json.loads(day.lesson.notebook.read_text(encoding="utf-8")), None
    seconds = json.loads(record.read_text(encoding="utf-8"))["seconds"]
    return json.loads(ran.read_text(encoding="utf-8")), seconds


def page(day: Day, days: dict[int, Day]) -> dict:
    """The notebook of a day's page."""
    notebook, seconds = executed(day)
    cells = [cell for cell in notebook["cells"] if "injected-parameters" not in cell["metadata"].get("tags", [])]
    first = "".join(cells[0]["source"])
    title, _, rest = first.partition("\n")
    reading, _, rest = rest.strip().partition("\n\n")
    cells[0]["source"] = "\n\n".join([title, reading, at_a_glance(day, days, seconds), rest])
    end = next(i for i, cell in enumerate(cells) if "## Read further" in "".join(cell["source"]))
    turn, further, papers = "".join(cells[end]["source"]).partition("## Read further")
    cells[end]["source"] = "\n\n".join([turn, exercises(day), further + papers])
    cells += [markdown(text) for text in code(day)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    notebook["cells"] = cells
    return for_readers(notebook)


def for_readers(notebook: dict) -> dict:
    """The notebook without nbval's marks, its last cell, the results that tests read, behind a click."""
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).removeprefix("# NBVAL_CHECK_OUTPUT\n")
        if cell["metadata"].get("tags", []) == ["results"]:
            cell["metadata"]["tags"] = ["results", "hide-cell"]
    return notebook


def markdown(text: str) -> dict:
    """A markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def at_a_glance(day: Day, days: dict[int, Day], seconds: float | None) -> str:
    """The card under a lesson's title: the question, what comes before, how long, what it leaves behind."""
    before = ", ".join(f"[Day {n}](../{days[n].name}/{days[n].name}.ipynb)" for n in day.prerequisites)
    before = before or "[Day 0](../../notebooks/00_start_here.ipynb)"
    ran = f"{seconds:.0f} seconds when this page was made" if seconds else f"under {day.seconds} seconds"
    names = list(dict.fromkeys(pair.graduate for pair in day.graduates))
    left = ", ".join(f"[`{name}`](#its-code)" for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    grows = f"; makes possible {', '.join(f'`{room}`' for room in day.grows)}" if day.grows else ""
    return (
        f":::{{card}} {day.question}\n"
        f"**Phase** {day.phase} · **before this** {before} · **to read** {day.minutes} minutes · **to run** {ran}\n\n"
        f"**Graduates to the library** {left}{more}{grows}\n:::"
    )


def exercises(day: Day) -> str:
    """What the learner is asked to write, as he meets it, and how many wrong answers are known."""
    source = {m.stem: m.read_text(encoding="utf-8") for m in day.lesson.modules()}
    known = {name: len(mutants) for name, (_, mutants) in grading.grader_of(day).EXERCISES.items()}
    number, some = day.number, day.exercises[0]
    how = (
        f"### The exercises\n\n`make blank DAY={number}` writes `workbook/{day.name}/` with these bodies emptied; "
        f"write them, then `make check DAY={number}` judges each, and `make solution DAY={number} EXERCISE={some}` "
        "shows a solution after a failed attempt."
    )
    parts = [how]
    for exercise in day.exercises:
        text = next(text for text in source.values() if exercise in functions(text))
        node = functions(text)[exercise]
        asked = "\n".join(text.splitlines()[node.lineno - 1 : node.body[0].end_lineno])
        parts.append(
            f":::{{dropdown}} `{exercise}`, with {known[exercise]} wrong answers that are known by name\n"
            f"````python\n{asked}\n````\n:::"
        )
    return "\n\n".join(parts)


def code(day: Day) -> list[str]:
    """The module in full, and each symbol beside what it became."""
    cells = ["## Its code\n\nThe module of this day, and beside each symbol that graduated what it became in `dlcore`."]
    for module in day.lesson.modules():
        text = module.read_text(encoding="utf-8")
        cells.append(f":::{{dropdown}} `{module.name}`\n````python\n{text}````\n:::")
    for pair in day.graduates:
        name, symbol = pair.lesson.split(".", 1)
        lesson = symbol_source((day.folder / f"{name}.py").read_text(encoding="utf-8"), symbol)
        cells.append(
            f"### {symbol}\n\n"
            f"::::{{tab-set}}\n:::{{tab-item}} The lesson's\n`{day.name}/{name}.py`\n````python\n{lesson}\n````\n:::\n"
            f":::{{tab-item}} What it became\n{link(pair.graduate)}\n"
            f"````python\n{graduate_source(pair.graduate)}\n````\n:::\n::::"
        )
    return cells


def symbol_source(text: str, symbol: str) -> str:
    """The lines of a top-level function or class, or of a method such as `Tensor.backward`."""
    nodes = ast.parse(text).body
    for name in symbol.split("."):
        found = [node for node in nodes if getattr(node, "name", None) == name]
        if not found:
            raise LookupError(f"{symbol} is not in the module that curriculum.toml names")
        nodes = getattr(found[0], "body", [])
    return "\n".join(text.splitlines()[first_line(found[0]) - 1 : found[0].end_lineno])


def first_line(node: ast.AST) -> int:
    """Where a definition begins, decorators included."""
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def graduate_source(dotted: str) -> str:
    """The source of an object of dlcore by its full name."""
    return inspect.getsource(inspect.unwrap(named(dotted))).rstrip()
