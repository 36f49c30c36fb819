"""From `yahoo:` names to Panels, the list of the S&P 500, and the way through `load_panel` and the command line."""

import json
from datetime import time

import exchange_calendars
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from yahoo_server import Listing, at, business_days, sp500_page

from dlcore.cli import app
from dlcore.markets import check_panel, load_panel
from dlcore.markets.store.places import store_root
from dlcore.markets.universe import member_mask, read_membership
from dlcore.markets.yahoo import Manners, calendar_of, live_provider, sp500
from dlcore.markets.yahoo.membership import membership_intervals
from dlcore.markets.yahoo.names import EXCHANGES

DAYS = business_days("2024-01-02", "2024-03-15", ("2024-01-15", "2024-02-19"))
COIN = {"kind": "CRYPTOCURRENCY", "zone": "UTC", "opens": time(0, 0), "closes": time(23, 59)}
WEEK = [day.date() for day in pd.date_range("2024-03-01", "2024-03-10")]
SECTORS = ("Energy", "Information Technology")


def members(count=450, *more):
    """Invented members of 1990, and more of them."""
    first = [(f"M{i:03d}", SECTORS[i % 2], "1990-01-02") for i in range(count)]
    return [*first, *more]


CHANGES = [
    ("March 1, 2024", "NEW", "OLD"),
    ("January 10, 2024[3]", "TEMP", ""),
    ("February 1, 2024", "", "TEMP"),
    ("sometime in 1999", "X", "Y"),
    *[(f"June {i}, 2020", "", f"GONE{i}") for i in range(1, 12)],
]
PAGE = sp500_page(members(450, ("NEW", "Energy", "2024-03-01"), ("BRK.B", "Energy", "2010-02-16")), CHANGES)


def test_a_panel_of_a_stock_is_adjusted_and_says_where_it_is_from(yahoo):
    yahoo.list(listing := Listing("AAPL", DAYS, dividends={"2024-02-09": 0.24}, splits={"2024-02-14": (4, 1)}))
    panel = check_panel(load_panel("yahoo:aapl"))
    raw = listing.published()
    factor = raw["adjclose"] / raw["close"]
    assert panel.sizes == {"date": len(DAYS), "asset": 1}
    for name in ("open", "high", "low", "close"):
        np.testing.assert_allclose(panel[name][:, 0], raw[name] * factor)
    np.testing.assert_allclose(panel["adjustment"][:, 0], factor)
    np.testing.assert_array_equal(panel["volume"][:, 0], raw["volume"])
    assert panel["close"][0, 0] < raw["close"].iloc[0]  # the dividend is in
    assert panel.attrs["source"].startswith("Yahoo Finance by yfinance 1.")
    assert yahoo.url in panel.attrs["source"]
    assert "personal use" in panel.attrs["licence"]
    assert panel.attrs["calendar"] == "XNYS"
    assert panel.attrs["failures"] == panel.attrs["quarantined"] == panel.attrs["stale"] == "none"
    assert "adjusted close / close, for splits and dividends" in panel.attrs["adjustment"]
    assert "survivorship-biased" in panel.attrs["weakness"]
    assert panel.attrs["retrieved_at"] == f"{pd.Timestamp.now('UTC'):%F}"


def test_stocks_and_coins_together_have_seven_days(yahoo):
    yahoo.list(Listing("AAPL", DAYS), Listing("BTC-USD", WEEK, **COIN))
    panel = load_panel("yahoo:AAPL, BTC-USD", start="2024-03-01", end="2024-03-10")
    assert list(panel["asset"].values) == ["AAPL", "BTC-USD"]
    assert panel.attrs["calendar"] == "24/7"
    assert panel.sizes["date"] == 10
    weekend = panel["close"].sel(date="2024-03-02")
    assert list(np.isnan(weekend.values)) == [True, False]


def test_rows_on_holidays_and_impossible_prices_are_quarantined(yahoo):
    odd = Listing("AAPL", business_days("2024-01-02", "2024-01-31"))  # with a row on the 15th, when New York was closed
    yahoo.list(odd)
    panel = load_panel("yahoo:AAPL")
    assert "2024-01-15" not in panel["date"].dt.strftime("%F")
    assert "day is no session of XNYS: 1 (2024-01-15 AAPL)" in panel.attrs["quarantined"]
    assert load_panel("yahoo:AAPL?calendar=24/5").attrs["quarantined"] == "none"


def test_who_failed_is_listed_and_when_all_did_it_is_an_error(yahoo):
    yahoo.list(Listing("AAPL", DAYS), Listing("FB", DAYS, renamed="META"))
    panel = load_panel("yahoo:NOPE,AAPL,FB")
    assert list(panel["asset"].values) == ["AAPL"]
    assert panel.attrs["failures"] == (
        "NOPE: Yahoo says: No data found, symbol may be delisted; "
        "FB: Yahoo answers with META: if that is its new name, ask for it"
    )
    with pytest.raises(
        ValueError, match=r"yahoo:NOPE: no prices for any of 1 symbols: NOPE: Yahoo says: No data found"
    ):
        load_panel("yahoo:NOPE")


@pytest.mark.parametrize(
    ("name", "start", "message"),
    [
        ("yahoo:", None, "'yahoo:' holds nothing for a symbol: give such as yahoo:AAPL,BTC-USD or yahoo:sp500"),
        ("yahoo:AAPL,,KO", None, "holds nothing for a symbol"),
        ("yahoo:AA PL", None, "holds 'AA PL' for a symbol"),
        ("yahoo:../x", None, "holds '../X' for a symbol"),
        ("yahoo:US0378331005", None, "holds 'US0378331005' for a symbol"),  # yfinance would search for an ISIN
        ("yahoo:AAPL,aapl", None, "holds AAPL twice: give each symbol once"),
        ("yahoo:AAPL?colour=1", None, "option 'colour' is not known to yahoo:AAPL: its options are calendar"),
        ("yahoo:AAPL?calendar=XXXX", None, "calendar='XXXX' is not known"),
        ("yahoo:AAPL", "soon", "start=soon is not allowed: give a date such as 2015-01-31"),
        ("yahoo:AAPL", "NaT", "start=NaT is not allowed: give a date without a time zone, such as 2015-01-31"),
    ],
)
def test_mistakes_are_one_line(yahoo, name, start, message):
    yahoo.list(Listing("AAPL", DAYS))
    with pytest.raises(ValueError, match=r"^[^\n]*$") as refused:
        load_panel(name, start=start)
    assert message in str(refused.value)
    assert not yahoo.asked  # nobody was asked, nothing was written
    assert not store_root().exists()


def test_a_mirror_that_is_no_address_is_refused(monkeypatch):
    monkeypatch.setenv("DLCORE_YAHOO_URL", "localhost:80")
    with pytest.raises(ValueError, match=r"DLCORE_YAHOO_URL=localhost:80 is not allowed: give such as http://127"):
        live_provider()


def test_yahoo_itself_is_asked_slowly_and_a_mirror_is_not(monkeypatch, tmp_path):
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path))
    monkeypatch.delenv("DLCORE_YAHOO_URL", raising=False)
    assert (live_provider().url, live_provider().manners.interval) == (None, 0.5)
    assert live_provider().folder == tmp_path / ".yahoo"
    monkeypatch.setenv("DLCORE_YAHOO_URL", "http://127.0.0.1:1")
    assert live_provider().manners.interval == 0
    monkeypatch.delenv("DLCORE_STORE")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert live_provider().folder == tmp_path / "data" / "store" / ".yahoo"


@pytest.mark.parametrize(
    ("symbols", "calendar"),
    [
        (["AAPL", "BRK-B"], "XNYS"),
        (["BTC-USD", "ETH-EUR"], "24/7"),
        (["AAPL", "BTC-USD", "^N225"], "24/7"),
        (["SAP.DE"], "XETR"),
        (["SAP.DE", "AAPL"], "24/5"),
        (["EURUSD=X", "GC=F"], "24/5"),
        (["^N225", "AAPL"], "auto"),
        (["X.UNKNOWN"], "auto"),
    ],
)
def test_calendars_follow_the_way_symbols_are_written(symbols, calendar):
    assert calendar_of(symbols) == calendar


def test_every_exchange_has_a_calendar():
    assert set(EXCHANGES.values()) <= set(exchange_calendars.get_calendar_names())


def test_the_command_line_shows_what_came(yahoo):
    yahoo.list(Listing("AAPL", DAYS))
    done = CliRunner().invoke(app, ["data", "show", "yahoo:AAPL,NOPE", "--json"])
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert (shown["assets"], shown["dates"]) == (1, len(DAYS))
    assert shown["attrs"]["failures"].startswith("NOPE: ")
    done = CliRunner().invoke(app, ["data", "show", "yahoo:NOPE"])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_the_index_is_a_panel_of_today_s_members_with_sectors(yahoo):
    yahoo.pages["/sp500"] = PAGE
    names = ["BRK-B", "NEW", *(f"M{i:03d}" for i in range(450))]
    yahoo.list(*(Listing(name, DAYS[-5:], seed=i) for i, name in enumerate(names) if i < 4))
    for name in names[4:]:
        yahoo.listings.pop(name, None)
    panel = load_panel("yahoo:sp500")
    assert sorted(panel["asset"].values) == ["BRK-B", "M000", "M001", "NEW"]
    assert list(panel["sector"].sel(asset=["M000", "M001"]).values) == list(SECTORS)
    assert panel.attrs["weakness"].startswith("survivorship-biased: the 452 members of the S&P 500 as read on ")
    assert panel.attrs["failures"].count("No data found") == 448
    mask = member_mask(panel, sp500().membership)
    assert mask.sel(asset="NEW", date="2024-03-11").item()
    assert yahoo.asked.count("/sp500") == 1  # once a day


def clock(day):
    return Manners(clock=lambda: at(day), sleep=lambda _: None)


def test_the_page_becomes_members_and_intervals(yahoo, tmp_path):
    yahoo.pages["/sp500"] = PAGE
    found = sp500(tmp_path, clock("2024-03-20"))
    assert list(found.sectors)[:2] == ["M000", "M001"]
    assert found.sectors["BRK-B"] == "Energy"
    assert found.read_at == "2024-03-20"
    intervals = {t: (f"{s:%F}", e if pd.isna(e) else f"{e:%F}") for t, s, e in found.membership.itertuples(index=False)}
    assert intervals["M000"] == ("2020-06-01", pd.NaT)  # not before the first change that is known
    assert intervals["NEW"] == ("2024-03-01", pd.NaT)
    assert intervals["OLD"] == ("2020-06-01", "2024-03-01")
    assert intervals["TEMP"] == ("2024-01-10", "2024-02-01")
    assert intervals["GONE5"] == ("2020-06-01", "2020-06-05")
    assert "GONE1" not in intervals  # left on the first date of all
    assert "BRK.B" in intervals
    assert found.unexplained == []
    told = json.loads((tmp_path / "sp500" / "2024-03-20.json").read_text())
    assert (told["members"], told["changes"], told["source"]) == (452, 14, f"{yahoo.url}/sp500")


def test_intervals_are_read_back_as_the_universe_reads_them(yahoo, tmp_path):
    yahoo.pages["/sp500"] = PAGE
    found = sp500(tmp_path, clock("2024-03-20"))
    found.membership.to_csv(tmp_path / "m.csv", index=False)
    pd.testing.assert_frame_equal(read_membership(tmp_path / "m.csv"), found.membership, check_dtype=False)


def test_a_page_that_cannot_be_had_leaves_the_last_reading_which_says_so(yahoo, tmp_path):
    with pytest.raises(ValueError, match="status 404: give DLCORE_SP500_URL a saved page, or name the symbols"):
        sp500(tmp_path, clock("2024-03-19"))
    yahoo.pages["/sp500"] = PAGE
    assert "could not" not in sp500(tmp_path, clock("2024-03-20")).weakness
    del yahoo.pages["/sp500"]
    assert "could not" not in sp500(tmp_path, clock("2024-03-20")).weakness  # kept
    later = sp500(tmp_path, clock("2024-03-21"))
    assert later.read_at == "2024-03-20"
    assert later.weakness.endswith("without who left; the page could not be read on 2024-03-21: status 404")


def test_a_saved_page_needs_no_network(tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text(PAGE)
    monkeypatch.setenv("DLCORE_SP500_URL", str(tmp_path / "page.html"))
    assert len(sp500(tmp_path, clock("2024-03-20")).sectors) == 452
    monkeypatch.delenv("DLCORE_SP500_URL")
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match=r"wikipedia.*gave up after 6 tries: ConnectionError instead of an answer"):
        sp500(tmp_path / "other", clock("2024-03-20"))  # the guard has cut the network


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<html>moved</html>", "it has no table 'constituents'"),
        ("", "it has no table 'constituents'"),
        (sp500_page(members(399), CHANGES), "399 members instead of about 500"),
        (sp500_page(members(450, ("M001", "Energy", "")), CHANGES), "M001 is there twice"),
        (PAGE.replace("Symbol", "Code"), "its table 'constituents' has no column 'Symbol'"),
        (PAGE.replace('id="changes"', ""), "it has no table 'changes'"),
        (sp500_page(members(), []), "0 of 0 changes have no date"),
        (sp500_page(members(), [("2024-03-01", "A", "B")]), "1 of 1 changes have no date"),
    ],
)
def test_a_page_that_has_changed_is_refused_in_one_line(tmp_path, monkeypatch, page, message):
    (tmp_path / "page.html").write_text(page)
    monkeypatch.setenv("DLCORE_SP500_URL", str(tmp_path / "page.html"))
    with pytest.raises(ValueError, match="the page has changed") as refused:
        sp500(tmp_path, clock("2024-03-20"))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.glob("sp500/*"))


def test_changes_that_do_not_fit_are_listed_and_a_renamed_member_counts_from_its_date():
    today = pd.DataFrame({"ticker": ["META", "KO"], "date_added": pd.to_datetime(["2013-12-23", None])})
    changes = pd.DataFrame(
        {
            "date": pd.to_datetime(["2013-12-23", "2015-01-05", "2010-01-04"]),
            "added": ["FB", "", "ZZ"],
            "removed": ["TER", "KO", ""],
        }
    )
    intervals, unexplained = membership_intervals(today, changes)
    rows = {(t, f"{s:%F}", "" if pd.isna(e) else f"{e:%F}") for t, s, e in intervals.itertuples(index=False)}
    assert rows == {("META", "2013-12-23", ""), ("KO", "2010-01-04", ""), ("TER", "2010-01-04", "2013-12-23")}
    assert unexplained == [
        "2015-01-05 KO removed, a member afterwards",
        "2013-12-23 FB added, no member afterwards",
        "2010-01-04 ZZ added, no member afterwards",
    ]


@settings(max_examples=40)
@given(st.data())
def test_undoing_changes_gives_back_who_was_a_member_on_every_day(data):
    """An invented index is played forwards, day by day; the intervals must say the same of each day."""
    days = [pd.Timestamp("2020-01-01") + pd.Timedelta(days=i) for i in range(12)]
    inside = set(data.draw(st.sets(st.sampled_from("ABCDEFGH"), min_size=1)))
    truth, rows = {}, [(days[0], "", "")]  # the first date is known, and nothing changed on it
    added = dict.fromkeys(inside, pd.NaT)
    for day in days:
        if day != days[0]:
            come = data.draw(st.sets(st.sampled_from("ABCDEFGH"), max_size=2)) - inside
            go = data.draw(st.sets(st.sampled_from(sorted(inside)), max_size=2)) if inside else set()
            rows += [(day, ticker, "") for ticker in come] + [(day, "", ticker) for ticker in go]
            inside = (inside - go) | come
            added |= dict.fromkeys(come, day)
        truth[day] = set(inside)
    order = data.draw(st.permutations(rows))
    changes = pd.DataFrame(order, columns=["date", "added", "removed"])
    today = pd.DataFrame({"ticker": sorted(inside), "date_added": pd.to_datetime([added[t] for t in sorted(inside)])})
    intervals, unexplained = membership_intervals(today, changes)
    assert unexplained == []
    for day, names in truth.items():
        holds = (intervals["start_date"] <= day) & (intervals["end_date"].isna() | (intervals["end_date"] > day))
        assert sorted(intervals["ticker"][holds]) == sorted(names)
