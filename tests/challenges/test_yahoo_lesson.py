"""A lesson asked for `yahoo:` prices gets them, here from a server on this machine."""

import json

import nbformat
from yahoo_server import Listing

from challenges.course import catalog
from challenges.course.__main__ import value_of
from challenges.course.run import run
from dlcore.markets.calendar import sessions

RESULTS = """
import json
found = {"days": n, "last": float(price[-1])}
print(json.dumps({"source": "x", "results": {name: {"value": value, "tolerance": 1} for name, value in found.items()}}))
"""


def test_day_1_opens_with_prices_from_yahoo(yahoo, tmp_path):
    yahoo.list(listing := Listing("AAPL", [day.date() for day in sessions("2018-01-01", "2019-12-31")]))
    day = nbformat.read(catalog.lesson("day_01").notebook, as_version=4)
    code = [i for i, cell in enumerate(day.cells) if cell.cell_type == "code"]
    assert "load_panel(data)" in day.cells[code[1]].source
    day.cells = [day.cells[code[0]], day.cells[code[1]], nbformat.v4.new_code_cell(RESULTS)]
    day.cells[-1].metadata["tags"] = ["results"]
    nbformat.write(day, tmp_path / "opening.ipynb")
    lesson = catalog.Lesson("opening", tmp_path / "opening.ipynb", "The opening of Day 1")
    chosen = {"data": value_of("yahoo:AAPL"), "worlds": 20}  # what `make day-01 DATA=yahoo:AAPL` hands on
    assert run(lesson, tmp_path / "out", chosen), json.loads((tmp_path / "out.json").read_text())["error"]
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert results["days"]["value"] == len(listing.days) - 1
    assert abs(results["last"]["value"] - listing.published()["adjclose"].iloc[-1]) < 1e-9
    said = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[2].outputs
    assert [output for output in said if output.get("name") == "stderr"] == []
