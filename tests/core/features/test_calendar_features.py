"""What is known in advance, against loops over exchange_calendars' own sessions, and what must not be known."""

import datetime as dt
import warnings

import exchange_calendars
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dlcore.evaluation.leaks import assert_causal
from dlcore.features import calendar_features, cyclic
from dlcore.markets import load_panel
from dlcore.markets.calendar import sessions

QUIET = ("2013-01-01", "2017-12-31")  # New York was closed by rule only
COMING = ("2027-01-01", "2027-12-31")


@pytest.fixture(scope="module")
def calendar():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Series.values returning an ndarray that drops timezone")
        return exchange_calendars.get_calendar("XNYS", start="2010-01-01", end="2029-12-31")


@pytest.mark.parametrize("period", [QUIET, COMING], ids=["past", "future"])
def test_counts_are_those_of_the_sessions_of_exchange_calendars(calendar, period):
    all_days = [day.date() for day in calendar.sessions]
    place = {day: i for i, day in enumerate(all_days)}
    early = {day.date() for day in calendar.early_closes}
    weekdays = {day.date() for day in pd.bdate_range("2010-01-01", "2029-12-31")}
    closed = sorted(weekdays - set(all_days))
    dates = sessions(*period)
    found = calendar_features(dates).to_dataframe()
    for date in dates:
        day = date.date()
        row, i = found.loc[date], place[day]
        month = [one for one in all_days[i - 30 : i + 31] if (one.year, one.month) == (day.year, day.month)]
        quarter = [
            one for one in all_days[i : i + 90] if (one.year, (one.month - 1) // 3) == (day.year, (day.month - 1) // 3)
        ]
        assert row["day_of_week"] == day.weekday()
        assert row["month"] == day.month
        assert row["sessions_from_month_start"] == month.index(day)
        assert row["sessions_to_month_end"] == len(month) - 1 - month.index(day)
        assert row["sessions_to_quarter_end"] == len(quarter) - 1
        assert row["turn_of_month"] == (day in [month[-1], *month[:3]])
        assert row["half_day"] == (day in early)
        following = next(one for one in closed if one > day)
        assert row["sessions_to_holiday"] == sum(day < one < following for one in all_days[i : i + 90])
        before = max(one for one in closed if one < day)
        assert row["sessions_from_holiday"] == sum(before < one < day for one in all_days[i - 90 : i])
        assert row["sessions_to_options_expiry"] == place[expiry(day, place)] - i


def expiry(day: dt.date, place: dict) -> dt.date:
    """The first third Friday, or the session before a closed one, on or after the day."""
    for later in range(3):
        year, month = divmod(day.year * 12 + day.month - 1 + later, 12)
        fridays = [dt.date(year, month + 1, n) for n in range(15, 22) if dt.date(year, month + 1, n).weekday() == 4]
        while fridays[0] not in place:
            fridays[0] -= dt.timedelta(days=1)
        if fridays[0] >= day:
            return fridays[0]
    raise AssertionError


def test_good_friday_moves_the_expiry_to_thursday():
    week = calendar_features(sessions("2014-04-14", "2014-04-21"))  # Good Friday was the 18th, the third Friday
    assert week["sessions_to_options_expiry"].to_numpy().tolist() == [3, 2, 1, 0, 19]


def test_closings_that_nobody_saw_coming_are_not_felt_before():
    september = calendar_features(sessions("2001-09-04", "2001-09-28"))
    ordinary = sessions("2001-09-04", "2001-09-28", "24/5")
    rank = {day: i for i, day in enumerate(ordinary)}
    expected = [len(ordinary) - 1 - rank[day] for day in september.indexes["date"]]
    assert september["sessions_to_month_end"].to_numpy().tolist() == expected
    friday = september.sel(date="2001-09-07")
    thanksgiving = sessions("2001-09-10", "2001-11-21", "24/5")
    assert float(friday["sessions_to_holiday"]) == len(thanksgiving)
    assert float(september.sel(date="2001-09-17")["sessions_from_holiday"]) == 9  # Labor Day, not the attack
    assert float(calendar_features(sessions("2003-12-26", "2003-12-26"))["half_day"][0]) == 0  # one of a kind


def test_a_market_that_never_closes_has_no_holidays():
    days = sessions("2020-01-01", "2020-03-31", "24/7")
    features = calendar_features(days, "24/7")
    assert np.isnan(features["sessions_to_holiday"]).all()
    assert np.isnan(features["sessions_from_holiday"]).all()
    assert features["sessions_to_month_end"].to_numpy()[:31].tolist() == list(range(30, -1, -1))
    assert set(features["day_of_week"].to_numpy()) == set(range(7))


def test_cyclic_is_a_point_on_a_circle_and_december_lies_beside_january():
    months = xr.DataArray(np.append(np.arange(1.0, 13.0), np.nan), dims="date", name="month")
    hands = cyclic(months, 12)
    np.testing.assert_allclose(hands["month_sin"][:12] ** 2 + hands["month_cos"][:12] ** 2, 1)
    steps = np.hypot(*(np.diff(hands[name][:12], append=hands[name][0]) for name in hands))
    np.testing.assert_allclose(steps, steps[0])
    assert np.isnan(hands["month_sin"][12])


def test_every_variable_is_a_float_and_does_not_know_prices_or_later_dates():
    panel = load_panel("us-large-20", "2010-06-01", "2012-12-31")

    def features(panel):
        return calendar_features(panel.indexes["date"], panel.attrs["calendar"])

    assert_causal(features, panel)
    assert {str(one.dtype) for one in features(panel).data_vars.values()} == {"float64"}
    assert (panel["close"] * features(panel)["turn_of_month"]).dims == ("date", "asset")


@pytest.mark.parametrize(
    ("dates", "calendar", "message"),
    [
        (pd.DatetimeIndex([]), "XNYS", "give at least one naive datetime64"),
        (pd.DatetimeIndex(["2020-01-02", None]), "XNYS", "no NaT"),
        (pd.DatetimeIndex(["2020-01-02"]).tz_localize("UTC"), "XNYS", "give at least one naive"),
        (pd.DatetimeIndex(["2020-01-02 09:30"]), "XNYS", "without a time of day"),
        (pd.DatetimeIndex(["2020-01-03", "2020-01-02"]), "XNYS", "not in ascending order"),
        (pd.DatetimeIndex(["2020-01-02", "2020-01-02"]), "XNYS", "appears twice"),
        (pd.DatetimeIndex(["2020-01-02", "2020-01-04"]), "XNYS", "2020-01-04 is no scheduled session of XNYS"),
        (pd.DatetimeIndex(["2020-01-02"]), "MOON", "calendar='MOON' is not known"),
    ],
)
def test_wrong_dates_are_one_line(dates, calendar, message):
    with pytest.raises(ValueError, match=message) as error:
        calendar_features(dates, calendar)
    assert "\n" not in str(error.value)


def test_wrong_cycles_are_one_line():
    month = xr.DataArray([1.0], dims="date", name="month")
    with pytest.raises(ValueError, match="period=0 is not allowed"):
        cyclic(month, 0)
    with pytest.raises(ValueError, match="values have no name"):
        cyclic(month.rename(None), 12)
