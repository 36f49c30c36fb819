"""The glossary is in order, says each thing once, and sends the reader to a page that is there."""

import re
from itertools import pairwise

import pytest

from challenges.course.catalog import ROOT, whole

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^\*\*(.+?)\*\*: (.+)$", re.M)
ENTRIES = dict(ENTRY.findall(PAGE))


def sorting(term: str) -> str:
    """By letters and digits alone, hyphens being blanks: R² stands as r2, z-score as z score."""
    return re.sub(r"[^a-z0-9 ]", "", re.sub("[-–]", " ", term.casefold().replace("²", "2")))


def test_terms_are_in_order_and_unique_each_under_its_letter():
    terms = [term for term, _ in ENTRY.findall(PAGE)]
    assert all(sorting(a) < sorting(b) for a, b in pairwise(terms)), "sort the terms, each once"
    for letter, part in re.findall(r"^## (\w)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S):
        assert {sorting(term)[0].upper() for term, _ in ENTRY.findall(part)} == {letter}
    assert 60 <= len(terms) <= 120


def test_every_paragraph_after_the_first_is_an_entry():
    paragraphs = [part for part in PAGE.split("\n\n")[2:] if not part.startswith("## ")]
    assert [part for part in paragraphs if not ENTRY.fullmatch(part.strip())] == []


@pytest.mark.parametrize("term", ENTRIES)
def test_a_term_is_short_and_leads_somewhere(term):
    text = ENTRIES[term]
    said = re.sub(r"\[[^\]]*\]\([^)]*\)", "", text)
    assert 20 <= len(said) <= 320, f"{term}: one or two sentences"
    assert re.search(r"\]\(\S+\)[^.]*$", text), f"{term}: link the day or page where it is met"


@pytest.mark.parametrize("term", ENTRIES)
def test_a_linked_day_is_whole_and_called_by_its_number(term):
    there = {day.name for day in whole()}
    for number, name in re.findall(r"\[Day (\d+)\]\(\.\./challenges/(day_\d\d)/README\.md\)", ENTRIES[term]):
        assert name in there
        assert name == f"day_{int(number):02d}"
    assert ENTRIES[term].count("/challenges/") == len(re.findall(r"\[Day \d+\]\(\.\./challenges/", ENTRIES[term]))
