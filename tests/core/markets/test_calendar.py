"""Sessions against days that everybody knows."""

import pytest

from dlcore.markets.calendar import sessions


def test_known_days():
    days = sessions("2018-12-03", "2018-12-07")
    assert [str(day)[:10] for day in days] == [
        "2018-12-03",
        "2018-12-04",
        "2018-12-06",
        "2018-12-07",
    ]  # a state funeral
    assert len(sessions("1990-01-01", "2025-12-31")) == 9067
    assert days.tz is None


def test_a_holiday_alone_is_empty_and_another_market_has_its_own():
    assert len(sessions("2014-07-04", "2014-07-04")) == 0
    assert len(sessions("2014-07-04", "2014-07-04", "24/7")) == 1


def test_hong_kong_s_calendar_says_nothing_of_its_own():
    assert len(sessions("2024-02-09", "2024-02-14", "XHKG")) == 2  # the new year, and no warning


@pytest.mark.parametrize(
    ("start", "end", "calendar", "says"),
    [
        ("2014-01-02", "2014-01-01", "XNYS", "two dates in order"),
        ("2014-01-02", "2014-01-03", "MOON", "'MOON' is not known"),
        ("1965-01-05", "2014-01-03", "XTKS", r"calendar=XTKS from 1965 to 2014 is not allowed: .* 1997.*: give later"),
    ],
)
def test_a_wrong_question_is_named(start, end, calendar, says):
    with pytest.raises(ValueError, match=says):
        sessions(start, end, calendar)
