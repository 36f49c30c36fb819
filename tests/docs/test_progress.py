"""The progress pages say what curriculum.toml and the notebooks say."""

from dataclasses import replace

import pytest

from challenges.course.catalog import ROOT, CourseError, whole
from docs.site import progress


@pytest.mark.parametrize("name", ["calendar.md", "executive_summaries.md", "technical_reports.md"])
def test_the_committed_page_is_the_one_that_would_be_made(name):
    committed = (ROOT / "docs" / "progress" / name).read_text(encoding="utf-8")
    assert committed == progress.pages()[name], "run `make progress-pages`"


@pytest.mark.parametrize("day", whole(), ids=lambda day: day.name)
def test_a_finding_is_two_sentences_and_types_no_number(day):
    assert day.found.count("{") >= 2
    assert 120 <= len(progress.finding(day)) <= 600


def test_a_finding_that_names_what_is_not_published_is_refused():
    with pytest.raises(CourseError, match="day 1: found names 'no_such_result'"):
        progress.finding(replace(whole()[0], found="{no_such_result}"))
