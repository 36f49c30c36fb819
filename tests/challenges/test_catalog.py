"""curriculum.toml says thirty days; each is whole or planned, and a whole one lacks nothing."""

import ast
import importlib
import json
import re

import pytest

from challenges.course import catalog
from challenges.course.blank import functions

DAYS = catalog.read()
WHOLE = [day for day in DAYS if day.status == "whole"]
SECTIONS = [
    "The idea",
    "By hand",
    "Does it work",
    "On the market",
    "What went wrong",
    "Toward the signal",
    "Your turn",
    "Read further",
]

each_day = pytest.mark.parametrize("day", WHOLE, ids=lambda day: day.name)


def code_of(day):
    """Every piece of Python of a day: modules, graders, notebook cells."""
    for path in sorted(day.folder.glob("*.py")):
        yield path.name, path.read_text(encoding="utf-8")
    for number, cell in enumerate(json.loads(day.lesson.notebook.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] == "code":
            yield f"cell {number}", "".join(cell["source"])


def imports_of(source):
    """(module, name or None) for every import statement."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_thirty_days_in_order_and_in_five_phases():
    assert [day.number for day in DAYS] == list(range(1, 31))
    assert [day.phase for day in DAYS] == sorted((day.phase for day in DAYS), key=catalog.PHASES.index)
    assert {day.phase for day in DAYS} == set(catalog.PHASES)
    assert all(before < day.number for day in DAYS for before in day.prerequisites)


def test_a_day_has_a_folder_if_and_only_if_it_is_whole():
    folders = {path.name for path in (catalog.ROOT / "challenges").glob("day_*")}
    assert folders == {day.name for day in WHOLE}


@each_day
def test_a_whole_day_lacks_nothing(day):
    assert (day.folder / "README.md").read_text(encoding="utf-8").startswith(f"# Day {day.number} · {day.title}\n")
    assert {p.stem for p in day.lesson.modules()} == set(day.modules)
    assert len(day.exercises) >= 3
    assert day.graduates
    grader = importlib.import_module(f"challenges.{day.name}.grade")
    assert set(grader.EXERCISES) == set(grader.PROBES) == set(day.exercises)
    for exercise in day.exercises:
        grade, mutants = grader.EXERCISES[exercise]
        assert grade.__name__ == f"grade_{exercise}"
        assert len(mutants) >= 3
        assert all(mutant.__doc__ and "\n" not in mutant.__doc__ for mutant in mutants)


@each_day
def test_modules_are_short_and_hold_what_they_promise(day):
    names = set()
    for path in day.lesson.modules():
        source = path.read_text(encoding="utf-8")
        assert 30 <= len(source.splitlines()) <= 150, f"{path.name} has {len(source.splitlines())} lines"
        names |= {f"{path.stem}.{name}" for name in functions(source)}
    assert {pair.lesson for pair in day.graduates} <= names
    assert {name.rpartition(".")[2] for name in names} >= set(day.exercises)


@each_day
def test_the_notebook_has_its_sections_in_order(day):
    cells = json.loads(day.lesson.notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert re.findall(r"^## (.*)$", text, re.M) == SECTIONS
    assert text.startswith(f"# Day {day.number} · {day.title}\n")


@each_day
def test_no_day_imports_another_day_and_modules_import_no_dlcore(day):
    for where, source in code_of(day):
        for module, _ in imports_of(source):
            assert not re.match(rf"challenges\.day_(?!{day.number:02d})", module), f"{where} imports {module}"
            if where.removesuffix(".py") in day.modules and day.number == 1:
                assert not module.startswith("dlcore"), f"{where} imports {module}"


@each_day
def test_what_a_day_imports_from_dlcore_is_there(day):
    for where, source in code_of(day):
        for module, name in imports_of(source):
            if module.split(".")[0] == "dlcore":
                there = importlib.import_module(module)
                if name and not hasattr(there, name):
                    importlib.import_module(f"{module}.{name}")  # a submodule, or an error that names it
                assert name is None or hasattr(there, name), f"{where}: {module} has no {name}"


def test_unknown_words_in_the_curriculum_are_refused(tmp_path):
    (tmp_path / "challenges").mkdir()
    file = tmp_path / "challenges" / "curriculum.toml"
    row = '[[day]]\nnumber = 1\ntitle = "T"\nphase = "Foundation"\nquestion = "?"\nstatus = "whole"\n'
    file.write_text(row + "colour = 3\n")
    with pytest.raises(catalog.CourseError, match="day 1: unknown key 'colour'"):
        catalog.read(tmp_path)
    file.write_text(row.replace("whole", "almost"))
    with pytest.raises(catalog.CourseError, match="status 'almost' is not allowed: choose from whole, planned"):
        catalog.read(tmp_path)


def test_a_day_or_lesson_that_is_not_there_is_one_line():
    with pytest.raises(catalog.CourseError, match="DAY=99 is not there: whole days are 1"):
        catalog.day(99)
    with pytest.raises(catalog.CourseError, match="'day_99' is no lesson: choose from day_01"):
        catalog.lesson("day_99")
