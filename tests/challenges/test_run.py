"""A real kernel runs a tiny lesson: record, depfile, parameters, network, errors, stamps."""

import json
import sys
from types import ModuleType

import nbformat
import pytest

from challenges.course import catalog
from challenges.course.__main__ import main, value_of
from challenges.course.kernel import repository_files
from challenges.course.run import parameter_names, run
from challenges.course.stamp import normalised, stamp
from challenges.course.table import records, show

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
RESULTS = 'print(\'{"source": "x", "results": {"a": {"value": %s, "tolerance": 1}}}\' % size)'


def write(path, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"], cells[-1].metadata["tags"] = ["parameters"], ["results"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), path)
    return catalog.Lesson(path.stem, path, "A tiny lesson")


@pytest.fixture
def tiny(tmp_path):
    middle = "from dlcore.handwritten import gradcheck\nprint('one')\nprint('two')"
    return write(tmp_path / "tiny.ipynb", "size = 3", middle, RESULTS)


def test_a_run_leaves_a_record_and_a_depfile(tiny, tmp_path, capfd):
    assert run(tiny, tmp_path / "out" / "tiny", {})
    record = json.loads((tmp_path / "out" / "tiny.json").read_text())
    assert record["ok"]
    assert record["results"]["a"]["value"] == 3
    assert record["peak_mb"] > 20
    line, _, rest = (tmp_path / "out" / "tiny.d").read_text().partition("\n")
    assert "core/dlcore/handwritten/gradcheck.py" in line.split()
    assert "core/dlcore/plots.py" not in line.split()
    assert "core/dlcore/handwritten/gradcheck.py:" in rest.splitlines()
    said = capfd.readouterr()
    assert said.out.startswith("ok     tiny")
    assert said.out.count("\n") == 1
    assert said.err == ""


def test_a_module_without_a_real_file_is_no_reason_to_run_again(monkeypatch):
    invented = ModuleType("invented")
    invented.__file__ = "_classes.py"
    monkeypatch.setitem(sys.modules, "invented", invented)
    monkeypatch.chdir(catalog.ROOT)
    assert "challenges/course/run.py" in repository_files()
    assert [name for name in repository_files() if "_classes" in name] == []


def test_parameters_reach_the_notebook_and_unknown_ones_are_refused(tiny, tmp_path):
    run(tiny, tmp_path / "five", {"size": 5})
    assert json.loads((tmp_path / "five.json").read_text())["results"]["a"]["value"] == 5
    with pytest.raises(catalog.CourseError, match=r"'colour' is no parameter of tiny.ipynb: choose from size"):
        run(tiny, tmp_path / "six", {"colour": 5})


def test_a_failing_cell_is_one_line_and_one_row(tmp_path, capfd):
    lesson = write(tmp_path / "bad.ipynb", "size = 1", "raise ValueError('first\\nsecond')", RESULTS)
    assert not run(lesson, tmp_path / "bad", {})
    record = json.loads((tmp_path / "bad.json").read_text())
    assert record["error"] == "cell 2: ValueError: first"
    assert "FAILED bad" in capfd.readouterr().out
    assert show(records([lesson], tmp_path)) == 1
    assert "ValueError: first" in capfd.readouterr().out


def test_a_lesson_without_its_results_has_failed_whatever_an_older_run_said(tiny, tmp_path, capfd):
    assert run(tiny, tmp_path / "tiny", {})
    lesson = write(tmp_path / "tiny.ipynb", "size = 3", "print('no results')")
    assert not run(lesson, tmp_path / "tiny", {})
    assert "tiny" in json.loads((tmp_path / "tiny.json").read_text())["error"]
    assert show(records([lesson], tmp_path)) == 1
    assert "FAILED tiny" in capfd.readouterr().out


def test_a_kernel_cannot_leave_the_machine(tmp_path):
    cell = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1', timeout=1)"
    lesson = write(tmp_path / "net.ipynb", "size = 1", cell, RESULTS)
    assert not run(lesson, tmp_path / "net", {})
    assert "the network is cut here" in json.loads((tmp_path / "net.json").read_text())["error"]


def test_the_table_answers_for_all(tmp_path, capsys):
    good = {"name": "a", "title": "A", "ok": True, "error": "", "seconds": 1.0, "peak_mb": 5, "results": {}}
    (tmp_path / "a.json").write_text(json.dumps(good))
    a, b = (catalog.Lesson(name, tmp_path / f"{name}.ipynb", name) for name in "ab")
    assert show(records([a], tmp_path)) == 0
    assert show(records([a, b], tmp_path)) == 1
    assert "never run" in capsys.readouterr().out


def test_two_stamps_of_one_lesson_are_the_same_bytes(tiny):
    stamp(tiny)
    first = tiny.notebook.read_bytes()
    stamp(tiny)
    assert tiny.notebook.read_bytes() == first
    stored = nbformat.read(tiny.notebook, as_version=4)
    assert stored.cells[1].outputs[0].text == "one\ntwo\n"
    assert [cell.execution_count for cell in stored.cells] == [1, 2, 3]
    assert "papermill" not in first.decode()


def test_normalised_joins_only_what_stands_together():
    cell = nbformat.v4.new_code_cell("x")
    out = nbformat.v4.new_output
    cell.outputs = [out("stream", text=t) for t in "ab"] + [out("display_data"), out("stream", text="c")]
    joined = normalised(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [o.get("text") for o in joined] == ["ab", None, "c"]


def test_parameter_names_come_from_the_tagged_cell(tiny, tmp_path):
    assert parameter_names(tiny.notebook) == ["size"]
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("a = 1")]), tmp_path / "none.ipynb")
    with pytest.raises(catalog.CourseError, match="has no cell tagged 'parameters'"):
        parameter_names(tmp_path / "none.ipynb")


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("1e-3", 1e-3), ("true", True), ("[1, 2]", [1, 2]), ("us-tech-5", "us-tech-5")]
)
def test_values_from_the_command_line(text, value):
    assert value_of(text) == value


def test_a_file_on_the_command_line_is_found_from_the_lessons_folder(tmp_path, monkeypatch):
    (tmp_path / "prices.csv").touch()
    (tmp_path / "indices").mkdir()
    monkeypatch.chdir(tmp_path)
    assert value_of("prices.csv?calendar=XETR") == f"{tmp_path.resolve()}/prices.csv?calendar=XETR"
    assert value_of("missing.csv") == "missing.csv"
    assert value_of("indices") == "indices"  # a market's name, whatever folders lie about


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "day_99"], "'day_99' is no lesson"),
        (["run", "day_01", "-p", "size"], "'size' is no parameter: write NAME=VALUE"),
        (["check", "99"], "DAY=99 is not there"),
        (["solution", "1", "nothing"], "EXERCISE=nothing is not in Day 1"),
    ],
)
def test_mistakes_are_one_line_and_exit_two(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
