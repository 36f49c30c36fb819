"""Blanks: the exercises are gone, all else stays, and a reader's work is never lost."""

import dataclasses
import json
import shutil

import pytest

from challenges.course import catalog
from challenges.course.answers import show_check, show_progress, show_solution
from challenges.course.blank import blanked, is_blank, workbook, write
from challenges.course.grading import check

SOURCE = '''"""Module."""

X = 1  # kept


def plain(a, b):
    """Add."""
    # a hint that would give it away
    c = a + b
    return c


def bare(a):
    return a


def kept(a):
    return plain(a, 1)
'''


@pytest.fixture(params=catalog.whole(), ids=lambda day: day.name)
def day(request, tmp_path):
    """A whole day in a root of its own, so that a reader's workbook here is left alone."""
    shutil.copytree(request.param.folder, tmp_path / "challenges" / request.param.name)
    return dataclasses.replace(request.param, root=tmp_path)


def test_bodies_go_and_everything_else_stays():
    text = blanked(SOURCE, ("plain", "bare"))
    assert text == SOURCE.replace(
        "    # a hint that would give it away\n    c = a + b\n    return c\n", "    raise NotImplementedError\n"
    ).replace("def bare(a):\n    return a\n", "def bare(a):\n    raise NotImplementedError\n")
    assert is_blank(text, "plain")
    assert is_blank(text, "bare")
    assert not is_blank(text, "kept")
    assert not is_blank(SOURCE, "plain")
    assert not is_blank(SOURCE, "nowhere")


def test_every_blank_fails_and_every_solution_passes(day):
    target = write(day)
    assert [verdict.exercise for verdict in check(day) if not verdict.passed] == list(day.exercises)
    for module in day.modules:
        shutil.copy(day.folder / f"{module}.py", target)
    assert all(verdict.passed for verdict in check(day))


def test_the_copied_notebook_imports_the_readers_module_and_holds_no_outputs(day):
    notebook = json.loads((write(day) / f"{day.name}.ipynb").read_text(encoding="utf-8"))
    code = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")
    for module in day.modules:
        assert f"from workbook.{day.name}.{module} import" in code
    assert f"challenges.{day.name}." not in code
    assert not any(c.get("outputs") for c in notebook["cells"])


def test_work_is_never_overwritten(day):
    target = write(day)
    mine = target / f"{day.modules[0]}.py"
    mine.write_text("mine = 1\n")
    with pytest.raises(catalog.CourseError, match="holds your work: FORCE=1"):
        write(day)
    assert mine.read_text() == "mine = 1\n"
    write(day, force=True)
    kept = [p for p in target.parent.iterdir() if p != target]
    assert [(p / mine.name).read_text() for p in kept] == ["mine = 1\n"]
    assert mine.read_text() != "mine = 1\n"


def test_a_module_that_does_not_import_is_told_in_one_line(day):
    target = write(day)
    for module in day.modules:
        (target / f"{module}.py").write_text("def broken(:\n")
    verdicts = check(day)
    assert all("does not import: SyntaxError" in v.hint for v in verdicts)
    for module in day.modules:
        (target / f"{module}.py").write_text("x = 1\n")
    assert all("there is no function" in v.hint for v in check(day))


def test_check_shows_hint_place_and_count(day, capsys):
    write(day)
    assert show_check(day) == 1
    text = capsys.readouterr().out
    assert f"0 of {len(day.exercises)} exercises of Day {day.number} pass" in text
    assert all(f"✗ {exercise}" in text for exercise in day.exercises)
    assert f"workbook/{day.name}/{day.modules[0]}.py:" in text


def test_a_solution_is_shown_only_after_an_attempt(day, capsys):
    exercise = day.exercises[0]
    with pytest.raises(catalog.CourseError, match="has no attempt yet"):
        show_solution(day, exercise)
    target = write(day)
    with pytest.raises(catalog.CourseError, match="has no attempt yet"):
        show_solution(day, exercise)
    for module in target.glob("*.py"):
        module.write_text(module.read_text().replace("raise NotImplementedError", "return 42"))
    assert show_solution(day, exercise) == 0
    assert "return 42" in capsys.readouterr().out
    with pytest.raises(catalog.CourseError, match="EXERCISE=nothing is not in Day"):
        show_solution(day, "nothing")


def test_progress_is_computed(day, capsys):
    def shown():
        show_progress([day])
        return capsys.readouterr().out

    assert f"make blank DAY={day.number}" in shown()
    target = write(day)
    assert f"0 of {len(day.exercises)}" in shown()
    for module in day.modules:
        shutil.copy(day.folder / f"{module}.py", target)
    assert "passed" in shown()


def test_check_without_a_workbook_names_the_remedy(day):
    assert not workbook(day).exists()
    with pytest.raises(catalog.CourseError, match=f"run `make blank DAY={day.number}` first"):
        check(day)
