"""`make day-01 DATA=yahoo:AAPL`, by the command that the target runs, with prices from a server on this machine."""

import json
import os
import shutil
import subprocess
import sys

from yahoo_server import Listing

from challenges.course.catalog import ROOT
from dlcore.markets.calendar import sessions
from dlcore.markets.store.places import store_names

SMALL = ("worlds=20", "steps=2", "network_seeds=1")


def test_day_1_runs_whole_on_prices_from_yahoo(yahoo, tmp_path):
    house = tmp_path / "house"  # what a run leaves behind stays here
    for name in ("challenges", "core"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    yahoo.list(Listing("AAPL", [day.date() for day in sessions("2016-01-01", "2019-12-31")]))
    order = [sys.executable, "-m", "challenges.course", "run", "day_01"]
    for parameter in ("data=yahoo:AAPL", *SMALL):
        order += ["--parameter", parameter]
    places = {"PYTHONPATH": os.pathsep.join((str(house), str(house / "core")))}
    done = subprocess.run(order, cwd=house, env=os.environ | places, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok     day_01")
    results = json.loads((house / "build" / "variants" / "day_01.json").read_text())["results"]
    assert results["defects_caught"]["value"] > 0
    cells = json.loads((house / "build" / "variants" / "day_01.ipynb").read_text())["cells"]
    said = "".join(text for cell in cells for output in cell.get("outputs", ()) for text in output.get("text", ()))
    assert "AAPL, 1005 daily returns, 2016-01-05 to 2019-12-31" in said
    assert store_names() == ["yahoo-aapl"]
    assert yahoo.charts("AAPL") >= 1
