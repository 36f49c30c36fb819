"""Yahoo as a provider, read by yfinance's own parser from a server on this machine that plays every fault."""

import os
import socket
import subprocess
import sys
from datetime import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yahoo_server import Listing, at, business_days

from dlcore.markets.calendar import sessions
from dlcore.markets.provider import ROW_COLUMNS
from dlcore.markets.yahoo import Manners, YahooProvider, session
from dlcore.markets.yahoo.manners import Pace, Unanswered, persistent
from dlcore.markets.yahoo.rows import first_unfinished

HOLIDAYS = ("2024-01-15", "2024-02-19")
DAYS = business_days("2024-01-02", "2024-03-15", HOLIDAYS)
NIGHT = at("2024-03-18T03:00")  # after the last of them
COIN = {"kind": "CRYPTOCURRENCY", "zone": "UTC", "opens": time(0, 0), "closes": time(23, 59)}


class Watch:
    """A clock that only sleeping moves."""

    def __init__(self, now=NIGHT):
        self.now, self.slept = now, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def manners(self, **given):
        return Manners(**{"interval": 0.0, "sleep": self.sleep, "clock": lambda: self.now, **given})


@pytest.fixture
def provider(yahoo, tmp_path):
    def make(now=NIGHT, batch=20, **manners):
        return YahooProvider(tmp_path / "cache", yahoo.url, Watch(now).manners(**manners), batch)

    return make


def fetched(provider, symbols, start=None, end=None):
    """All batches together."""
    dates = (None if day is None else pd.Timestamp(day) for day in (start, end))
    batches = list(provider.fetch(symbols, *dates))
    return pd.concat([batch.rows for batch in batches]), {k: v for batch in batches for k, v in batch.failures.items()}


def test_rows_are_those_of_the_source_unadjusted_with_dividend_split_and_gap(yahoo, provider):
    given_ = {"dividends": {"2024-02-09": 0.24}, "splits": {"2024-02-14": (4, 1)}, "null_days": ("2024-01-31",)}
    yahoo.list(listing := Listing("AAPL", DAYS, **given_))
    rows, failures = fetched(provider(), ["AAPL"])
    assert failures == {}
    assert tuple(rows.columns) == ROW_COLUMNS
    expected = listing.published()
    for ours in ("open", "high", "low", "close", "volume", "adj_close"):
        np.testing.assert_array_equal(rows[ours], expected[ours.replace("_", "")])
    assert [f"{day:%F}" for day in rows["date"]] == list(expected.index)  # neither weekends nor the two holidays
    assert rows["date"].isin(sessions("2024-01-01", "2024-03-31")).all()
    assert rows.set_index("date")["dividend"].loc[lambda x: x != 0].to_dict() == {pd.Timestamp("2024-02-09"): 0.24}
    assert rows.set_index("date")["split"].loc[lambda x: x != 1].to_dict() == {pd.Timestamp("2024-02-14"): 4.0}
    gap = rows[rows["date"] == "2024-01-31"].iloc[0]
    assert gap[["open", "close", "volume", "adj_close"]].isna().all()


def test_dates_are_inclusive_and_the_server_is_asked_for_no_more(yahoo, provider):
    yahoo.list(Listing("KO", DAYS))
    rows, _ = fetched(provider(), ["KO"], "2024-02-01", "2024-02-05")
    assert [f"{day:%m-%d}" for day in rows["date"]] == ["02-01", "02-02", "02-05"]
    asked = [query for query in yahoo.queries if "period1" in query][-1]
    assert float(asked["period1"]) == at("2024-02-01T05:00")  # midnight in New York
    assert float(asked["period2"]) == at("2024-02-06T05:00")
    rows, _ = fetched(provider(), ["KO"], None, "2024-02-05")
    assert [rows["date"].min(), rows["date"].max()] == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-02-05")]


def test_dates_are_those_of_the_exchange_and_coins_have_weekends(yahoo, provider):
    week = [day.date() for day in pd.date_range("2024-03-01", "2024-03-10")]
    yahoo.list(
        Listing("7203.T", DAYS, zone="Asia/Tokyo", opens=time(9), closes=time(15)),
        Listing("BTC-USD", week, **COIN),
        Listing("AAPL", DAYS),
    )
    rows, failures = fetched(provider(), ["7203.T", "BTC-USD", "AAPL"])
    assert failures == {}
    dates = {symbol: list(part["date"].dt.date) for symbol, part in rows.groupby("symbol")}
    assert dates == {"7203.T": DAYS, "BTC-USD": week, "AAPL": DAYS}
    assert list(dict.fromkeys(rows["symbol"])) == ["7203.T", "BTC-USD", "AAPL"]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2024-03-15T12:00", "2024-03-14"),  # before the opening
        ("2024-03-15T19:59", "2024-03-14"),  # a minute before the close
        ("2024-03-15T20:29", "2024-03-14"),  # closed, not yet settled
        ("2024-03-15T20:30", "2024-03-15"),
    ],
)
def test_the_session_of_today_is_left_out_until_it_is_final(yahoo, provider, now, last):
    yahoo.list(Listing("AAPL", DAYS))
    rows, _ = fetched(provider(at(now)), ["AAPL"])
    assert f"{rows['date'].max():%F}" == last


def test_a_coin_s_day_ends_at_midnight(yahoo, provider):
    week = [day.date() for day in pd.date_range("2024-03-01", "2024-03-10")]
    yahoo.list(Listing("BTC-USD", week, **COIN))
    assert f"{fetched(provider(at('2024-03-10T12:00')), ['BTC-USD'])[0]['date'].max():%F}" == "2024-03-09"
    yahoo.list(Listing("BTC-USD", week, period="2024-03-09", **COIN))  # a row after the current period
    assert f"{fetched(provider(at('2024-03-10T12:00')), ['BTC-USD'])[0]['date'].max():%F}" == "2024-03-09"


def test_without_a_trading_period_today_is_unfinished():
    now = pd.Timestamp("2024-03-15 03:30", tz="UTC")  # still the 14th in New York
    assert first_unfinished({"exchangeTimezoneName": "America/New_York"}, now) == pd.Timestamp("2024-03-14")
    assert first_unfinished({"exchangeTimezoneName": "Asia/Tokyo"}, now) == pd.Timestamp("2024-03-15")


def test_a_running_session_alone_is_a_failure_not_an_empty_success(yahoo, provider):
    yahoo.list(Listing("AAPL", DAYS))
    rows, failures = fetched(provider(at("2024-03-15T15:00")), ["AAPL"], "2024-03-15")
    assert rows.empty
    assert failures == {"AAPL": "Yahoo has no row of a finished session in that time"}


@pytest.mark.parametrize(
    "faults", [[429], [500, 503], ["truncated"], ["short"], ["cut"], ["nonsense"], [429, "cut", 502]]
)
def test_what_may_pass_is_asked_again(yahoo, tmp_path, faults):
    watch = Watch()
    provider = YahooProvider(tmp_path, yahoo.url, watch.manners())
    yahoo.list(Listing("AAPL", DAYS))
    yahoo.faults["AAPL"] = list(faults)
    rows, failures = fetched(provider, ["AAPL"])
    assert failures == {}
    assert len(rows) == len(DAYS)
    assert len(watch.slept) == len(faults)
    for i, pause in enumerate(watch.slept):  # doubled, and up to two seconds more
        assert 2 * 2**i <= pause <= 2 * 2**i + 2


def test_an_old_crumb_is_yfinance_s_own_affair(yahoo, tmp_path):
    watch = Watch()
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS))
    yahoo.faults["AAPL"] = [401]
    yahoo.faults["KO"] = [401] * 9
    rows, failures = fetched(YahooProvider(tmp_path, yahoo.url, watch.manners()), ["AAPL", "KO"])
    assert set(rows["symbol"]) == {"AAPL"}
    assert failures == {"KO": "status 401"}
    assert watch.slept == []


def test_retry_after_is_kept_to(yahoo, tmp_path):
    yahoo.list(Listing("AAPL", DAYS))
    for said, least, most in (
        ("30", 30, 30),
        ("9999", 120, 120),
        ("Mon, 18 Mar 2024 03:01:00 GMT", 60, 60),
        ("soon", 2, 4),
        ("Mon, 18 Mar 2024 02:00:00 GMT", 2, 4),
    ):
        watch = Watch()
        yahoo.retry_after, yahoo.faults["AAPL"] = said, [429]
        fetched(YahooProvider(tmp_path, yahoo.url, watch.manners()), ["AAPL"])
        assert least <= watch.slept[0] <= most, said


def test_a_symbol_is_given_up_after_so_many_tries_and_the_others_still_come(yahoo, provider):
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS, seed=1))
    yahoo.faults["AAPL"] = [429] * 3
    rows, failures = fetched(provider(attempts=3), ["AAPL", "KO"])
    assert failures == {"AAPL": "gave up after 3 tries: status 429"}
    assert yahoo.charts("AAPL") == 3
    assert set(rows["symbol"]) == {"KO"}


def test_a_silent_server_is_not_asked_for_all_the_rest(yahoo, provider):
    names = [f"S{i}" for i in range(8)]
    for name in names:
        yahoo.faults[name] = ["cut"] * 9
    yahoo.list(Listing("GOOD", DAYS))
    rows, failures = fetched(provider(attempts=2, batch=3), [*names[:2], "GOOD", *names[2:]])
    assert set(rows["symbol"]) == {"GOOD"}
    assert failures["S0"] == "gave up after 2 tries: ConnectionError instead of an answer"
    assert failures["S7"].startswith("not asked for: 3 symbols in a row had no answer (S4: gave up after 2 tries")
    assert [yahoo.charts(name) for name in names] == [2, 2, 2, 2, 2, 0, 0, 0]
    assert set(failures) == set(names)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("empty", "Yahoo's answer is empty"),
        ("shapeless", "Yahoo's answer cannot be read by yfinance (KeyError: 'timestamp')"),
        (403, "status 403"),
    ],
)
def test_what_cannot_pass_is_asked_once(yahoo, provider, fault, reason):
    yahoo.list(Listing("AAPL", DAYS))
    fetched(provider(), ["AAPL"], "2024-03-01")  # the time zone is known now
    before = yahoo.charts("AAPL")
    yahoo.faults["AAPL"] = [fault]
    rows, failures = fetched(provider(), ["AAPL"], "2024-03-01")
    assert rows.empty
    assert failures == {"AAPL": reason}
    assert yahoo.charts("AAPL") == before + 1


def test_unknown_renamed_and_silent_symbols_have_their_reasons(yahoo, provider):
    yahoo.list(Listing("FB", DAYS, renamed="META"), Listing("KO", DAYS), Listing("MONTHLY", DAYS, granularity="1mo"))
    rows, failures = fetched(provider(), ["NOPE", "FB", "KO", "MONTHLY"], "2024-03-16", "2024-03-17")
    assert rows.empty
    assert failures == {
        "NOPE": "Yahoo says: No data found, symbol may be delisted",
        "FB": "Yahoo has no prices from 2024-03-16 to 2024-03-17",
        "KO": "Yahoo has no prices from 2024-03-16 to 2024-03-17",
        "MONTHLY": "Yahoo has no prices from 2024-03-16 to 2024-03-17",
    }
    _, failures = fetched(provider(), ["FB", "MONTHLY"])
    assert failures == {
        "FB": "Yahoo answers with META: if that is its new name, ask for it",
        "MONTHLY": "Yahoo answers with rows of 1mo, not of 1d",
    }
    assert yahoo.charts("NOPE") == 1


def test_a_split_overnight_is_seen_although_yfinance_remembers_answers(yahoo, provider):
    yahoo.list(Listing("AAPL", DAYS))
    before, _ = fetched(provider(), ["AAPL"], "2024-01-02", "2024-03-01")
    yahoo.list(Listing("AAPL", DAYS, splits={"2024-03-14": (2, 1)}))
    after, _ = fetched(provider(), ["AAPL"], "2024-01-02", "2024-03-01")
    np.testing.assert_allclose(after["close"], before["close"] / 2)
    np.testing.assert_allclose(after["volume"], before["volume"] * 2)


def test_batches_come_one_by_one_and_every_symbol_is_in_exactly_one(yahoo, provider):
    names = [f"S{i}" for i in range(5)]
    yahoo.list(*(Listing(name, DAYS, seed=i) for i, name in enumerate(names) if name != "S3"))
    batches = provider(batch=2).fetch([*names, "S0"], None, None)
    first = next(batches)
    assert yahoo.charts("S2") == 0  # nobody has asked for the next batch yet
    answered = [{*batch.rows["symbol"], *batch.failures} for batch in (first, *batches)]
    assert answered == [{"S0", "S1"}, {"S2", "S3"}, {"S4"}]


def test_requests_keep_their_distance(yahoo, tmp_path):
    watch, gaps = Watch(), []
    yahoo.list(Listing("AAPL", DAYS), Listing("KO", DAYS))
    provider = YahooProvider(tmp_path, yahoo.url, watch.manners(interval=0.5))
    asked = yahoo.answer
    yahoo.answer = lambda handler: (gaps.append(watch.now), asked(handler))
    fetched(provider, ["AAPL", "KO"])
    assert len(gaps) >= 4
    assert np.diff(gaps).min() >= 0.5 - 1e-6


def test_a_clock_set_back_does_not_stop_everything():
    watch = Watch(1000.0)
    pace = Pace(watch.manners(interval=0.5))
    pace.keep()
    watch.now = 10.0
    pace.keep()
    assert watch.slept == [0.5]


def test_files_of_yfinance_lie_in_our_folder_and_it_says_nothing(yahoo, tmp_path):
    yahoo.list(Listing("AAPL", DAYS, dividends={"2024-02-09": 0.24}))
    home, ours = tmp_path / "home", tmp_path / "ours"
    home.mkdir()
    code = f"""
from pathlib import Path
from dlcore.markets.yahoo import Manners, YahooProvider, session
provider = YahooProvider(Path({str(ours)!r}), {yahoo.url!r}, Manners(interval=0))
print([len(batch.rows) for batch in provider.fetch(["AAPL", "NOPE"], None, None)])
"""
    variables = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"[{len(DAYS)}]\n", "")
    assert (ours / "tkr-tz.db").is_file()
    assert not [file for file in home.rglob("*") if "yfinance" in file.name]


@pytest.mark.parametrize("fault", [429, "cut", "short", "truncated", "empty"])
def test_the_browser_s_session_hears_the_same(yahoo, tmp_path, monkeypatch, fault):
    yahoo.list(listing := Listing("AAPL", DAYS))
    monkeypatch.setattr(session, "_check_way", lambda: None)
    monkeypatch.setattr(session, "_moved", lambda address, _, there=session._moved: there(address, yahoo.url))
    yahoo.faults["AAPL"] = [fault]
    watch = Watch()
    rows, failures = fetched(YahooProvider(tmp_path, None, watch.manners()), ["AAPL"])
    if fault == "empty":
        assert failures == {"AAPL": "Yahoo's answer is empty"}
    else:
        np.testing.assert_array_equal(rows["close"], listing.published()["close"])
        assert len(watch.slept) == 1


def test_without_a_mirror_the_cut_network_is_the_reason_and_nobody_tries_again(tmp_path):
    watch = Watch()
    rows, failures = fetched(YahooProvider(tmp_path, None, watch.manners()), ["AAPL", "KO"])
    assert rows.empty
    assert "the network is cut here" in failures["AAPL"]
    assert failures["KO"] == f"not asked for: {failures['AAPL']}"
    assert watch.slept == []


def test_a_machine_without_names_says_so(tmp_path, monkeypatch):
    def unknown(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    _, failures = fetched(YahooProvider(tmp_path, None, Watch().manners()), ["AAPL"])
    assert failures == {"AAPL": "query2.finance.yahoo.com cannot be found: connect to the network"}


def test_a_mirror_takes_every_host_and_keeps_path_and_query(yahoo):
    yahoo.list(Listing("AAPL", DAYS))
    line = session.open_session(f"{yahoo.url}/", Watch().manners())
    for host in ("query1.finance.yahoo.com", "query2.finance.yahoo.com"):
        found = line.get(f"https://{host}/v8/finance/chart/AAPL?range=1d", timeout=5)
        assert found.json()["chart"]["result"][0]["meta"]["symbol"] == "AAPL"
    assert yahoo.queries == [{"range": "1d"}] * 2


def test_without_yfinance_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(ModuleNotFoundError, match=r"yfinance is not installed: pip install dlcore\[yahoo\]"):
        next(YahooProvider(tmp_path).fetch(["AAPL"], None, None))


@settings(max_examples=30)
@given(
    faults=st.integers(0, 8),
    attempts=st.integers(1, 6),
    pause=st.floats(0, 500),
    wait=st.floats(0.01, 5),
    longest=st.floats(0.01, 60),
)
def test_patience_is_bounded(faults, attempts, pause, wait, longest):
    watch, calls = Watch(0.0), []

    def ask():
        calls.append(1)
        if len(calls) <= faults:
            raise Unanswered("no", pause)
        return "yes"

    manners = watch.manners(attempts=attempts, wait=wait, longest=longest)
    if faults < attempts:
        assert persistent(ask, manners) == "yes"
    else:
        with pytest.raises(Unanswered, match=f"gave up after {attempts} tries: no"):
            persistent(ask, manners)
    assert len(calls) == min(faults + 1, attempts)
    assert len(watch.slept) == len(calls) - 1
    assert all(min(pause, longest) <= slept <= longest + wait for slept in watch.slept)
