"""Committed notebooks carry the outputs of one clean run, are small, and show nothing of the machine."""

import base64
import itertools
import json
import re

import pytest

from challenges.course import catalog, results

NOTEBOOKS = [pytest.param(lesson, id=lesson.name) for lesson in catalog.lessons()]
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|work|usr|opt|var)/|site-packages")


@pytest.fixture(params=NOTEBOOKS)
def lesson(request):
    return request.param


@pytest.fixture
def code(lesson):
    cells = json.loads(lesson.notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_small(lesson):
    assert lesson.notebook.stat().st_size < 400_000


def test_run_once_from_the_top(code):
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


def test_no_error_no_warning_no_machine(code):
    for cell in code:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", "".join(output["text"])
            text = "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
            assert not MACHINE.search(text), text


def test_outputs_were_made_by_the_code_that_stands_there(lesson):
    assert results.stale(lesson) is None


def test_parameters_first_and_results_last(code):
    assert code[0]["metadata"].get("tags") == ["parameters"]
    assert code[-1]["metadata"].get("tags") == ["results"]
    assert sum(results.is_results(cell) for cell in code) == 1


def test_every_figure_is_followed_by_what_to_see(lesson):
    cells = json.loads(lesson.notebook.read_text(encoding="utf-8"))["cells"]
    for cell, after in itertools.pairwise(cells):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            assert after["cell_type"] == "markdown"
            assert "".join(after["source"]).startswith("*"), "".join(cell["source"])[:80]


def test_no_code_line_runs_off_the_page(code):
    assert max(len(line) for cell in code for line in "".join(cell["source"]).split("\n")) <= 120


def test_the_readmes_picture_is_a_figure_of_day_1():
    picture = (catalog.ROOT / "docs" / "which_one_is_the_market.png").read_bytes()
    cells = json.loads(catalog.lesson("day_01").notebook.read_text(encoding="utf-8"))["cells"]
    drawn = [o["data"]["image/png"] for c in cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert picture in [base64.b64decode(text) for text in drawn], "write Day 1's line-up again to docs/"
