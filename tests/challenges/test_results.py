"""Results: printed with the hash of what made them, stale when that changes, compared number by number."""

import json
import math

import pytest

from challenges.course import catalog, results


def notebook(*sources, output=""):
    """A notebook whose last cell is the results cell."""
    cells = [{"cell_type": "code", "source": [s], "metadata": {}, "outputs": []} for s in sources]
    cells[-1]["metadata"] = {"tags": ["results"]}
    cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [output]}]
    return {"cells": [{"cell_type": "markdown", "source": ["prose"], "metadata": {}}, *cells]}


@pytest.fixture
def lesson(tmp_path):
    """A day of two cells and one module, whose stored results fit."""
    path = tmp_path / "day_07.ipynb"
    (tmp_path / "idea.py").write_text("x = 1\n")
    (tmp_path / "grade.py").write_text("y = 1\n")
    a_lesson = catalog.Lesson("day_07", path, "Title")
    path.write_text(json.dumps(notebook("a = 1", "publish()")))
    printed = json.dumps({"source": results.source_hash(a_lesson), "results": {"a": {"value": 1, "tolerance": 0.1}}})
    path.write_text(json.dumps(notebook("a = 1", "publish()", output=printed)))
    return a_lesson


def test_fresh_outputs_are_not_stale(lesson):
    assert results.stale(lesson) is None


def test_prose_and_graders_do_not_make_outputs_stale(lesson):
    content = json.loads(lesson.notebook.read_text())
    content["cells"][0]["source"] = ["better prose"]
    lesson.notebook.write_text(json.dumps(content))
    (lesson.notebook.parent / "grade.py").write_text("y = 2\n")
    assert results.stale(lesson) is None


def test_a_changed_cell_or_module_makes_them_stale(lesson):
    before = lesson.notebook.read_text()
    lesson.notebook.write_text(before.replace("a = 1", "a = 2"))
    assert "outputs are stale" in results.stale(lesson)
    assert "make stamp DAY=7" in results.stale(lesson)
    lesson.notebook.write_text(before)
    (lesson.notebook.parent / "idea.py").write_text("x = 2\n")
    assert "outputs are stale" in results.stale(lesson)


def test_missing_outputs_are_stale(lesson):
    lesson.notebook.write_text(json.dumps(notebook("a = 1", "publish()")))
    assert "holds no results" in results.stale(lesson)


def test_publish_prints_what_stored_reads(capsys):
    name = catalog.lessons()[0].name
    results.publish(name, {"a": (1 / 3, 0.01), "b": (2, 1)})
    said = json.loads(capsys.readouterr().out)
    assert said["results"]["a"] == {"value": 0.333333, "tolerance": 0.01}
    assert said["source"] == results.source_hash(catalog.lesson(name))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((math.nan, 1), "a=nan is not allowed"),
        ((math.inf, 1), "a=inf is not allowed"),
        ((1.0, 0), "tolerance 0 is not allowed"),
        ((1.0, -1), "tolerance -1 is not allowed"),
        ((1.0, math.nan), "tolerance nan is not allowed"),
    ],
)
def test_what_cannot_be_compared_is_not_published(row, message):
    with pytest.raises(catalog.CourseError, match=message):
        results.publish(catalog.lessons()[0].name, {"a": row})


def test_disagreements_name_the_number():
    def row(value, tolerance=0.1):
        return {"value": value, "tolerance": tolerance}

    old = {"results": {"same": row(1), "near": row(1), "far": row(1), "gone": row(1), "nan": row(1)}}
    new = {"results": {"same": row(1), "near": row(1.09), "far": row(1.2, 9), "fresh": row(1), "nan": row(math.nan)}}
    assert results.disagreements(old, new) == [
        "far: stored 1, fresh 1.2, tolerance 0.1",
        "fresh: not stored",
        "gone: not in the fresh run",
        "nan: stored 1, fresh nan, tolerance 0.1",
    ]
