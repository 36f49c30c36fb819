"""The plugin beside nbval: a stored number beyond its tolerance fails by name, one within it passes."""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from challenges.course.catalog import ROOT
from challenges.course.run import kernel_environment

PRINT = """import json
row = {"value": 1.0, "tolerance": 0.1}
print(json.dumps({"source": "x", "results": {"rank_ic": row}}))"""


@pytest.mark.parametrize(("stored", "status"), [(1.05, 0), (1.2, 1)])
def test_stored_numbers_are_held_against_fresh_ones(tmp_path, stored, status):
    said = json.dumps({"source": "x", "results": {"rank_ic": {"value": stored, "tolerance": 0.1}}}) + "\n"
    cell = nbformat.v4.new_code_cell(PRINT, execution_count=1, metadata={"tags": ["results"]})
    cell.outputs = [nbformat.v4.new_output("stream", text=said)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=metadata), tmp_path / "tiny.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "challenges.course.nbval_results", "-q"]
    settings = ["--rootdir", str(tmp_path), "-c", os.devnull, "--disable-warnings", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *settings, "tiny.ipynb"],
        cwd=tmp_path, env=os.environ | kernel_environment(ROOT / "build"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout
    if status:
        assert "rank_ic: stored 1.2, fresh 1.0, tolerance 0.1" in done.stdout
