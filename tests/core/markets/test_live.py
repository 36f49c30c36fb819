"""`yahoo:` names by way of their store: what is asked for, what is not, and what stands in when nobody answers."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from yahoo_server import Listing, business_days, sp500_page

from dlcore.markets import load_panel
from dlcore.markets.downloads import store_name
from dlcore.markets.store import query
from dlcore.markets.store.places import NAME, store_names

DAYS = business_days("2024-01-02", "2024-03-15", ("2024-01-15", "2024-02-19"))
CHART = "/v8/finance/chart/"


@pytest.fixture
def evening(monkeypatch):
    """A function that makes it the evening of a day in New York."""

    def now(day):
        moment = pd.Timestamp(f"{day} 22:00Z")
        monkeypatch.setattr(pd.Timestamp, "now", classmethod(lambda cls, tz=None: moment))

    return now


def charts(yahoo, since=0):
    """Symbols whose prices were asked for, and from which date on; not the one row that tells the time zone."""
    asked = [path.removeprefix(CHART) for path in yahoo.asked if path.startswith(CHART)]
    found = zip(asked, yahoo.queries, strict=True)
    dates = [(name, pd.Timestamp(int(q.get("period1", 0)), unit="s")) for name, q in found if q.get("range") != "1d"]
    return [(name, f"{date:%F}") for name, date in dates[since:]]


def test_the_same_day_asks_for_nothing_more(yahoo, evening):
    evening("2024-03-15")
    ended = Listing("OLD", DAYS[:20], seed=1)  # delisted: its last session never comes nearer
    yahoo.list(Listing("AAPL", DAYS), ended)
    panel = load_panel("yahoo:AAPL,OLD,NOPE")
    before = list(yahoo.asked)
    again = load_panel("yahoo:aapl, old, nope")
    assert yahoo.asked == before
    xr.testing.assert_identical(again, panel)
    assert panel.attrs["failures"] == "NOPE: Yahoo says: No data found, symbol may be delisted"
    assert panel.attrs["stale"] == "none"
    later = load_panel("yahoo:AAPL,OLD,NOPE", "2024-02-01", "2024-02-09", ["AAPL"])
    assert yahoo.asked == before
    assert later.sizes == {"date": 7, "asset": 1}


def test_the_next_day_asks_for_the_missing_sessions(yahoo, evening):
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS, seed=1))
    evening("2024-03-12")
    assert f"{load_panel('yahoo:AAPL,KO').indexes['date'][-1]:%F}" == "2024-03-12"
    known = len(charts(yahoo))
    evening("2024-03-14")
    assert f"{load_panel('yahoo:AAPL,KO').indexes['date'][-1]:%F}" == "2024-03-14"
    assert charts(yahoo, known) == [("AAPL", "2024-03-06"), ("KO", "2024-03-06")]  # five before, to compare
    known = len(yahoo.asked)
    load_panel("yahoo:AAPL,KO", end="2024-03-13")
    assert len(yahoo.asked) == known


def test_a_split_overnight_brings_the_whole_history_anew(yahoo, evening):
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS, seed=1))
    evening("2024-03-13")
    load_panel("yahoo:AAPL,KO")
    known = len(charts(yahoo))
    listing = Listing("AAPL", DAYS, splits={"2024-03-14": (4, 1)})
    yahoo.list(listing)
    evening("2024-03-14")
    panel = load_panel("yahoo:AAPL,KO")
    assert [name for name, _ in charts(yahoo, known)] == ["AAPL", "KO", "AAPL"]
    expected = listing.published().loc[:"2024-03-14"]
    np.testing.assert_allclose(panel["close"].sel(asset="AAPL"), expected["adjclose"])
    np.testing.assert_allclose(panel["volume"].sel(asset="AAPL"), expected["volume"])


def test_an_earlier_start_is_had_and_a_later_one_is_there(yahoo, evening):
    evening("2024-03-15")
    yahoo.list(Listing("AAPL", DAYS))
    assert load_panel("yahoo:AAPL", "2024-03-04").sizes["date"] == 10
    known = len(charts(yahoo))
    load_panel("yahoo:AAPL", "2024-03-06")
    assert len(charts(yahoo)) == known
    assert f"{load_panel('yahoo:AAPL', '2024-02-01').indexes['date'][0]:%F}" == "2024-02-01"
    assert load_panel("yahoo:AAPL").sizes["date"] == len(DAYS)  # without a start: all there is
    assert next(date for _, date in charts(yahoo, known)) == "2024-02-01"
    assert len(charts(yahoo)) == known + 2


def test_without_a_way_to_yahoo_the_store_stands_in_and_says_so(yahoo, evening, monkeypatch):
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS[:-4], seed=1))
    evening("2024-03-12")
    before = load_panel("yahoo:AAPL,KO")
    monkeypatch.delenv("DLCORE_YAHOO_URL")  # Yahoo itself, and the guard has cut the network
    evening("2024-03-15")
    panel = load_panel("yahoo:AAPL,KO")
    xr.testing.assert_equal(panel, before)
    stale = panel.attrs["stale"]
    assert stale.startswith("2 of 2 symbols as stored before, their last session 2024-03-11 to 2024-03-12: AAPL: ")
    assert "the network is cut here" in stale
    assert "the network is cut here" in panel.attrs["failures"]
    assert load_panel("yahoo:AAPL,KO", end="2024-03-11").attrs["stale"] != "none"  # what it holds is still old
    with pytest.raises(ValueError, match=r"^yahoo:PEP: no prices for any of 1 symbols: PEP: .*network is cut here"):
        load_panel("yahoo:PEP")
    monkeypatch.setenv("DLCORE_YAHOO_URL", yahoo.url)
    panel = load_panel("yahoo:AAPL,KO")  # silence is no answer: asked again the same day
    assert (panel.attrs["stale"], panel.attrs["failures"]) == ("none", "none")
    assert f"{panel.indexes['date'][-1]:%F}" == "2024-03-15"


def test_a_symbol_that_yahoo_forgets_stays_with_its_age(yahoo, evening):
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS, seed=1))
    evening("2024-03-12")
    load_panel("yahoo:AAPL,KO")
    del yahoo.listings["KO"]
    evening("2024-03-15")
    panel = load_panel("yahoo:AAPL,KO")
    assert list(panel["asset"].values) == ["AAPL", "KO"]
    assert panel.attrs["stale"] == (
        "1 of 2 symbols as stored before, their last session 2024-03-12: "
        "KO: Yahoo says: No data found, symbol may be delisted"
    )


def test_the_index_offline_keeps_sectors_and_says_what_it_is_not(yahoo, evening, monkeypatch):
    members = [(f"M{i:03d}", "Energy", "1990-01-02") for i in range(450)]
    changes = [(f"June {i}, 2020", "", f"GONE{i}") for i in range(1, 12)]
    yahoo.pages["/sp500"] = sp500_page(members, changes)
    yahoo.list(*(Listing(f"M{i:03d}", DAYS[-5:], seed=i) for i in range(3)))
    evening("2024-03-14")
    load_panel("yahoo:sp500")
    assert store_names() == ["yahoo-sp500"]
    monkeypatch.delenv("DLCORE_YAHOO_URL")
    evening("2024-03-15")
    panel = load_panel("yahoo:sp500")
    assert list(panel["sector"].values) == ["Energy"] * 3
    assert panel.attrs["weakness"].startswith("survivorship-biased: the 450 members of the S&P 500 as read on ")
    assert panel.attrs["stale"].startswith("3 of 3 symbols as stored before, their last session 2024-03-14")


def test_a_calendar_of_its_own_has_a_store_of_its_own(yahoo, evening):
    evening("2024-02-01")
    yahoo.list(Listing("AAPL", business_days("2024-01-02", "2024-01-31")))  # with a row on the 15th, a holiday
    assert load_panel("yahoo:AAPL").sizes["date"] == 21
    assert load_panel("yahoo:AAPL?calendar=24/5").sizes["date"] == 22
    assert store_names() == ["yahoo-aapl", "yahoo-aapl--24_5"]
    load_panel("yahoo-aapl")  # a store by its own name asks nobody
    assert query('select count(*) n from "yahoo-aapl"')["n"].item() == 21


SYMBOLS = st.lists(st.from_regex(r"[A-Z]{1,5}([.][A-Z]{1,2}|-USD)?", fullmatch=True), min_size=1, max_size=30)


@settings(max_examples=60)
@given(SYMBOLS, SYMBOLS, st.sampled_from(["auto", "XNYS", "24/5"]))
def test_every_download_has_a_store_of_its_own(one, other, calendar):
    names = [store_name(f"yahoo:{','.join(symbols)}", calendar) for symbols in (one, other)]
    assert all(NAME.fullmatch(name) for name in names)
    if one != other and not any("." in symbol or "-" in symbol for symbol in (*one, *other)):
        assert names[0] != names[1]
    assert (names[0] == store_name(f"yahoo: {', '.join(one).lower()}")) == (calendar == "auto")
