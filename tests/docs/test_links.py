"""Every relative link and anchor of the written pages points at something that is there in a fresh clone."""

import os
import re

import pytest
from reading import PAGES, anchors, links

from challenges.course.catalog import ROOT

MADE = ("build", "workbook", ".venv", "data/store")  # by commands: not there in a fresh clone
LINKS = [
    pytest.param(page, target, id=f"{page} to {target}")
    for page in PAGES
    for target in dict.fromkeys(links((ROOT / page).read_text(encoding="utf-8")))
    if not re.match(r"[a-z][a-z+.-]*:", target)
]


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_somewhere(page, target):
    path, _, anchor = target.partition("#")
    place = os.path.normpath(page.parent / path) if path else str(page)
    assert not place.startswith(("..", "/")), f"{page} links to {target}, which is outside: give a path of the house"
    assert not place.startswith(MADE), f"{page} links to {target}, which a fresh clone does not hold: name it in code"
    assert (ROOT / place).exists(), f"{page} links to {target}, which is not there: mend the link"
    if anchor:
        text = (ROOT / place).read_text(encoding="utf-8")
        assert anchor in anchors(text), f"{page} links to {target}: {place} has no such heading, mend the link"


def test_the_pages_are_found_and_hold_links():
    assert {"README.md", "core/README.md", "docs/metrics.md", "challenges/day_01/README.md"} <= set(map(str, PAGES))
    assert len(LINKS) > 40


def test_links_and_anchors_are_read_as_on_github():
    text = (
        '# A `b`, c: d–e\n## A [b](x.md)\n## A b\n```\n[no](no.md)\n# no\n```\n`[no](no.md)` ![p](p.png "t") [x]: y\n'
    )
    assert links(text) == ["x.md", "p.png"]
    assert anchors(text) == {"a-b-c-de", "a-b", "a-b-1"}
    assert links('[x]: y.md\n<a href="z.md">') == ["y.md", "z.md"]
