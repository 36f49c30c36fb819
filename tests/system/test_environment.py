"""One set of versions: the lock holds everything the project names, exactly, without CUDA; conda users get the same."""

import re
import tomllib

import pytest
import yaml

from challenges.course.catalog import ROOT

LOCK = (ROOT / "requirements.lock").read_text().splitlines()
PINS = {line.split("==")[0].lower(): line.split("==")[1].split(" ")[0] for line in LOCK if "==" in line}


def named(requirement):
    return re.split(r"[\s\[<>=!~;]", requirement)[0].lower().replace("_", "-")


def test_every_line_is_an_exact_pin():
    assert [line for line in LOCK if not re.match(r"^[a-z0-9._-]+==[\w.]+( ; .+)?$", line)] == []


def test_torch_is_pinned_and_brings_no_cuda():
    assert PINS["torch"] == "2.13.0"
    assert [name for name in PINS if re.match("nvidia|cuda|triton", name)] == []


@pytest.mark.parametrize("path", ["pyproject.toml", "core/pyproject.toml"])
def test_the_lock_covers_what_the_projects_name(path):
    project = tomllib.loads((ROOT / path).read_text())
    wanted = list(project["project"]["dependencies"])
    for group in project["project"].get("optional-dependencies", {}).values():
        wanted += group
    for group in project.get("dependency-groups", {}).values():
        wanted += group
    assert {named(r) for r in wanted} - {"dlcore"} <= {name.replace("_", "-") for name in PINS}


def test_conda_users_get_the_same_versions():
    *conda, pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert "python=3.11" in conda
    assert pip == {"pip": [f"torch=={PINS['torch']}", "-r requirements.lock"]}
