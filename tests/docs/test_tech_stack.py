"""Every dependency that is declared has its line on the page that says what it is for, and no other has one."""

import re
import tomllib

import pytest

from challenges.course.catalog import ROOT

PAGE = (ROOT / "docs" / "setup" / "tech_stack.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The page from a heading that begins so to the next."""
    return re.search(rf"^## {re.escape(heading)}.*?(?=^## |\Z)", PAGE, re.M | re.S)[0]


def named(requirements: list[str]) -> list[str]:
    return [re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in requirements]


def rows(heading: str) -> dict[str, list[str]]:
    """Cells of a section's table by the package in the first."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section(heading).splitlines() if "`" in line
    ]
    return {row[0].strip("`"): row[1:] for row in cells if row[0].startswith("`")}


LIBRARY = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text())["project"]
COURSE = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_library_and_its_extras():
    wanted = {name: [] for name in named(LIBRARY["dependencies"])}
    for extra, requirements in LIBRARY["optional-dependencies"].items():
        for name in named(requirements):
            wanted.setdefault(name, []).append(extra)
    found = {name: row[0] for name, row in rows("The library").items()}
    assert found.keys() == wanted.keys()
    for name, extras in wanted.items():
        assert sorted(filter(None, found[name].split(", "))) == sorted(extras), name


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("The course", set(named(COURSE["project"]["dependencies"])) - {"dlcore"}),
        ("Those who change something", set(named(COURSE["dependency-groups"]["dev"]))),
    ],
)
def test_the_course_and_its_tools(heading, wanted):
    assert set(rows(heading)) == wanted


def test_every_line_says_something_and_what_is_not_here_is_not():
    for heading in ("The library", "The course", "Those who change", "What is not here"):
        assert all(len(row[-1]) > 5 for row in rows(heading).values())
    lock = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()}
    assert set(rows("What is not here")) == {"evidently", "vectorbt", "backtesting.py", "zipline", "pyfolio"}
    assert not set(rows("What is not here")) & lock
