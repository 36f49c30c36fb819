"""The Makefile, tried on a small house of its own: what reruns, what is said, and who answers for a failure."""

import os
import re
import shutil
import subprocess
import sys
import time

import nbformat
import pytest

from challenges.course.catalog import ROOT

LESSON = """[[day]]
number = {number}
title = "T"
phase = "Foundation"
question = "?"
status = "whole"
modules = ["idea"]
"""
PUBLISH = "from challenges.course.results import publish\npublish('{name}', {{'a': ({value}, 0.5)}})"


def make(house, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTEST"))}
    environment |= {"PYTHONPATH": os.pathsep.join((str(house), str(house / "core")))}
    done = subprocess.run(["make", *arguments], cwd=house, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def write_day(house, number, *, body="x = idea.X"):
    name = f"day_{number:02d}"
    folder = house / "challenges" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "idea.py").write_text("import dlcore.handwritten.gradcheck\n\nX = 1\n")
    sources = ["seed = 0", f"from challenges.{name} import idea\n{body}", PUBLISH.format(name=name, value="x + seed")]
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{place}") for place, source in enumerate(sources)]
    cells[0].metadata["tags"], cells[-1].metadata["tags"] = ["parameters"], ["results"]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / f"{name}.ipynb")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A copy of the repository with two tiny days, on this test's own environment."""
    house = tmp_path_factory.mktemp("house")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, house)
    shutil.copytree(ROOT / "core", house / "core", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "challenges" / "course", house / "challenges" / "course")
    (house / "challenges" / "__init__.py").touch()
    (house / "challenges" / "curriculum.toml").write_text(LESSON.format(number=1) + LESSON.format(number=2))
    (house / "notebooks").mkdir()
    for number in (1, 2):
        write_day(house, number)
    (house / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (house / ".venv" / name).symlink_to(os.path.join(sys.prefix, name))
    (house / "build").mkdir()
    for stamp in (".venv/.made", ".venv/.torch", ".venv/.locked", ".venv/.ready", "build/.warm"):
        (house / stamp).touch()
        time.sleep(0.01)
    return house, {path: path.read_text() for path in house.glob("challenges/day_*/*")}


@pytest.fixture
def house(built):
    """That copy with its two days as they were written, and everything run: the order of the tests does not matter."""
    house, written = built
    for path, text in written.items():
        if path.read_text() != text:
            path.write_text(text)
    status, said = make(house, "all-days")
    assert status == 0, said
    return house


def ran(said):
    """The days that a call ran."""
    return sorted(re.findall(r"^(?:ok    |FAILED) (day_\d\d)", said, re.M))


def touch(path):
    time.sleep(0.02)
    path.touch()


def test_plain_make_lists_every_public_target_with_its_line():
    status, said = make(ROOT)
    assert status == 0
    listed = set(re.findall(r"^  make ([\w-]+)  +\S", said, re.M))
    documented = set(re.findall(r"^\.PHONY: ([\w%-]+)", (ROOT / "Makefile").read_text(), re.M))
    assert listed == {name.replace("day-%", "day-01") for name in documented}


def test_nothing_changed_runs_nothing_and_still_shows_the_table(house):
    status, said = make(house, "all-days")
    assert (status, ran(said)) == (0, [])
    assert "2 run, 0 failed" in said


def test_a_changed_module_reruns_its_day_only(house):
    touch(house / "challenges" / "day_01" / "idea.py")
    assert ran(make(house, "all-days")[1]) == ["day_01"]


def test_a_library_file_reruns_the_days_that_import_it(house):
    (house / "build" / ".warm").touch()
    for path, days in (("handwritten/gradcheck.py", ["day_01", "day_02"]), ("plots.py", [])):
        touch(house / "core" / "dlcore" / path)
        touch(house / "build" / ".warm")
        assert ran(make(house, "all-days")[1]) == days


def test_an_imported_file_that_is_gone_reruns_instead_of_stopping(house):
    extra = house / "challenges" / "day_02" / "extra.py"
    extra.write_text("Y = 1\n")
    write_day(house, 2, body="from challenges.day_02 import extra\nx = idea.X")
    assert ran(make(house, "all-days")[1]) == ["day_02"]
    extra.unlink()
    write_day(house, 2)
    status, said = make(house, "all-days")
    assert (status, ran(said)) == (0, ["day_02"])


def test_parameters_make_a_variant_and_never_the_days_own_run(house):
    record = (house / "build" / "days" / "day_01.json").read_text()
    status, said = make(house, "day-01", "SEED=5")
    assert (status, ran(said)) == (0, ["day_01"])
    assert '"value": 6' in (house / "build" / "variants" / "day_01.json").read_text()
    assert (house / "build" / "days" / "day_01.json").read_text() == record
    status, said = make(house, "day-01", "DATA=us-tech-5")
    assert status != 0
    assert "'data' is no parameter of day_01.ipynb: choose from seed" in said


def test_a_failing_day_fails_the_call_after_all_have_run(house):
    write_day(house, 1, body="raise RuntimeError('broken')")
    touch(house / "challenges" / "day_02" / "idea.py")
    status, said = make(house, "all-days")
    assert status != 0
    assert ran(said) == ["day_01", "day_02"]
    assert "2 run, 1 failed" in said
    assert "RuntimeError: broken" in said
    write_day(house, 1)
    assert make(house, "all-days")[0] == 0


def test_a_day_broken_by_its_module_runs_again_once_the_module_is_mended(house):
    idea = house / "challenges" / "day_02" / "idea.py"
    whole = idea.read_text()
    touch(idea)
    idea.write_text("raise RuntimeError('not yet')\n")
    status, said = make(house, "all-days")
    assert status != 0
    assert "RuntimeError: not yet" in said
    idea.write_text(whole)
    status, said = make(house, "all-days")
    assert (status, ran(said)) == (0, ["day_02"])


def test_verify_names_the_stale_lesson_and_the_number_that_moved(house):
    status, said = make(house, "verify")
    assert status != 0
    assert "day_01: the results cell holds no results" in said or "day_01.ipynb: the results cell" in said
    assert make(house, "stamp", "DAY=1")[0] == make(house, "stamp", "DAY=2")[0] == 0
    status, said = make(house, "verify")
    assert status == 0, said
    notebook = house / "challenges" / "day_02" / "day_02.ipynb"
    stored = notebook.read_text()
    notebook.write_text(stored.replace('\\"value\\": 1.0', '\\"value\\": 2.0'))
    status, said = make(house, "verify")
    assert status != 0
    assert "a: stored 2.0, fresh 1.0, tolerance 0.5" in said
    notebook.write_text(stored.replace("x = idea.X", "x = idea.X + 0"))
    status, said = make(house, "verify")
    assert status != 0
    assert "day_02: outputs are stale (code cells or modules have changed since): run `make stamp DAY=2`" in said
    notebook.write_text(stored)


def test_a_missing_day_is_asked_for(house):
    for target in ("blank", "check", "solution", "stamp"):
        status, said = make(house, target)
        assert status != 0
        assert f"give DAY=…, such as make {target} DAY=1" in said


def test_a_python_that_is_too_old_or_too_new_is_one_line(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    fake = tmp_path / "python3.8"  # this Python, saying that it is another
    pretend = "import sys; sys.version_info = (3, 8, 0); exec(sys.argv[1])"
    fake.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{pretend}' \"$2\"\n")
    fake.chmod(0o755)
    status, said = make(tmp_path, "setup", f"PYTHON={fake}")
    assert status != 0
    assert "Python 3.8 is not supported: give 3.11 to 3.13, such as make PYTHON=python3.11" in said
    assert not (tmp_path / ".venv").exists()
