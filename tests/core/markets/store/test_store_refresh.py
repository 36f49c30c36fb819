"""Refresh: only what is missing is asked for, what changed is had anew, and what failed is said."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dlcore.markets import check_panel, load_panel
from dlcore.markets.calendar import last_session, sessions
from dlcore.markets.provider import ROW_COLUMNS, Fetched
from dlcore.markets.store import query, read_quarantine, refresh
from dlcore.markets.store.manifest import read_manifest

END = "2021-01-08"


def test_a_first_fill_holds_what_the_source_said(scripted, invented, root):
    source = scripted({name: invented(name) for name in ("KO", "AAPL", "PEP")})
    ticks = []
    report = refresh("us", source, ["KO", "AAPL", "PEP"], end=END, progress=lambda *now: ticks.append(now))
    days = sessions("2020-12-14", END)
    assert (report.stored, report.failed, report.rows, report.sessions) == (["KO", "AAPL", "PEP"], {}, 54, len(days))
    assert ticks == [(2, 3), (3, 3)]
    panel = check_panel(load_panel("us"))
    assert panel["asset"].to_numpy().tolist() == ["KO", "AAPL", "PEP"]
    for name in ("KO", "PEP"):
        rows = source.histories[name].set_index("date").loc[:END]
        for field in ("open", "high", "low", "close", "volume"):
            np.testing.assert_array_equal(panel[field].sel(asset=name), rows[field])
    assert panel.attrs["source"] == "scripted, first edition"
    assert panel.attrs["adjustment"] == "nothing"
    assert panel.attrs["licence"] == "none: invented"
    assert panel.attrs["calendar"] == "XNYS"
    assert "survivorship-biased" in panel.attrs["weakness"]
    manifest = read_manifest(root / "us")
    assert [run.what for run in manifest.runs] == ["refresh"]
    assert manifest.runs[0].rows == manifest.rows == 54
    assert {part.runs for part in manifest.parts} == {(1,)}


def test_only_missing_sessions_are_asked_for_and_nothing_when_none_is(scripted, invented):
    source = scripted({"KO": invented("KO"), "PEP": invented("PEP")})
    refresh("us", source, ["KO"], end="2021-01-05")
    report = refresh("us", source, ["KO", "PEP"], end=END)
    overlap = sessions("2020-12-20", "2021-01-05")[-5]
    assert source.asked[1:] == [(("PEP",), None, END), (("KO",), f"{overlap:%F}", END)]
    assert (report.rows, report.again) == (3 + 18, [])
    assert int(load_panel("us")["close"].count()) == 36
    report = refresh("us", source, ["KO", "PEP"], end=END)
    assert len(source.asked) == 3
    assert (report.current, report.rows, report.stored) == (["KO", "PEP"], 0, [])


def split(rows: pd.DataFrame, day: str, ratio: float) -> pd.DataFrame:
    """The history as a source gives it once a split is known."""
    before = rows["date"] < day
    prices = ["open", "high", "low", "close", "adj_close"]
    new = rows.copy()
    new.loc[before, prices] = rows.loc[before, prices] / ratio
    new.loc[before, "volume"] = rows.loc[before, "volume"] * ratio
    return new


def paid(rows: pd.DataFrame, day: str, share: float) -> pd.DataFrame:
    """The history once a dividend is known."""
    return rows.assign(adj_close=rows["adj_close"].where(rows["date"] >= day, rows["adj_close"] * (1 - share)))


@pytest.mark.parametrize(
    "change", [lambda rows: split(rows, "2021-01-06", 4), lambda rows: paid(rows, "2021-01-07", 1e-4)]
)
def test_a_changed_adjustment_fetches_the_whole_history_of_that_symbol_only(scripted, invented, change):
    source = scripted({"KO": invented("KO"), "PEP": invented("PEP")})
    refresh("us", source, ["KO", "PEP"], end="2021-01-05")
    source.histories["KO"] = change(source.histories["KO"])
    report = refresh("us", source, ["KO", "PEP"], end=END)
    assert report.again == ["KO"]
    assert source.asked[-1] == (("KO",), None, END)
    panel = load_panel("us")
    for name, rows in source.histories.items():
        rows = rows.set_index("date").loc[:END]
        np.testing.assert_allclose(panel["close"].sel(asset=name), rows["adj_close"], rtol=1e-12)
        factor = rows["adj_close"] / rows["close"]
        np.testing.assert_allclose(panel["low"].sel(asset=name), rows["low"] * factor, rtol=1e-12)
    once = query("select symbol, count(*) n, count(distinct date) d from us group by symbol")
    assert once["n"].tolist() == once["d"].tolist() == [18, 18]
    assert refresh("us", source, ["KO", "PEP"], end="2021-01-11").again == []


def test_noise_of_the_size_of_a_rounding_is_no_change(scripted, invented):
    source = scripted({"KO": invented("KO")})
    refresh("us", source, ["KO"], end="2021-01-05")
    source.histories["KO"]["adj_close"] *= 1 + 1e-6
    assert refresh("us", source, ["KO"], end=END).again == []


def test_a_changed_history_that_cannot_be_had_stays_as_it_was_and_is_tried_again(scripted, invented):
    source = scripted({"KO": invented("KO")})
    refresh("us", source, ["KO"], end="2021-01-05")
    before = load_panel("us")
    source.histories["KO"] = split(source.histories["KO"], "2021-01-06", 2)
    fetch = source.fetch
    refused = Fetched(pd.DataFrame(columns=list(ROW_COLUMNS)), {"KO": "429: too many requests"})
    source.fetch = lambda symbols, start, end: fetch(symbols, start, end) if start else iter([refused])
    report = refresh("us", source, ["KO"], end=END)
    assert (report.again, report.failed) == (["KO"], {"KO": "429: too many requests"})
    xr.testing.assert_equal(load_panel("us"), before)
    source.fetch = fetch
    report = refresh("us", source, ["KO"], end=END)
    assert (report.again, report.failed, report.stored) == (["KO"], {}, ["KO"])
    assert int(load_panel("us")["close"].count()) == 18


def test_a_source_that_answers_what_nobody_asked_for_is_refused(scripted, invented):
    source = scripted({"KO": invented("PEP")})
    with pytest.raises(ValueError, match="scripted answered PEP, which nobody asked for"):
        refresh("us", source, ["KO"], end=END)


def test_an_interrupted_download_goes_on_with_what_is_not_stored(scripted, invented):
    names = ["A", "B", "C", "D", "E"]
    source = scripted({name: invented(name) for name in names})
    source.breaks_after = 2
    with pytest.raises(KeyboardInterrupt):
        refresh("us", source, names, end=END)
    assert load_panel("us")["asset"].to_numpy().tolist() == names[:4]
    source.breaks_after = None
    report = refresh("us", source, names, end=END)
    assert source.asked[1:] == [(("E",), None, END)]
    assert report.current == names[:4]
    assert load_panel("us")["asset"].to_numpy().tolist() == names


def test_failures_are_said_and_end_nothing(scripted, invented, root):
    source = scripted({"KO": invented("KO")})
    report = refresh("us", source, ["NOPE", "KO"], end=END)
    assert report.failed == {"NOPE": "404: no such symbol"}
    assert report.stored == ["KO"]
    assert read_manifest(root / "us").failures == report.failed
    source.histories["NOPE"] = invented("NOPE")
    assert refresh("us", source, ["NOPE", "KO"], end=END).failed == {}
    assert read_manifest(root / "us").failures == {}


def test_a_source_that_knows_nothing_makes_no_store(scripted, root):
    report = refresh("us", scripted({}), ["A", "B"], end=END)
    assert set(report.failed) == {"A", "B"}
    assert not (root / "us" / "manifest.json").exists()


def test_what_the_source_forgets_is_a_failure(scripted, invented):
    source = scripted({"KO": invented("KO"), "PEP": invented("PEP").iloc[:0]})
    assert refresh("us", source, ["KO", "PEP"], end=END).failed == {"PEP": "the source said nothing about it"}


def test_a_renamed_symbol_is_stored_under_its_new_name_only(scripted, invented, root):
    history = invented("FB", "2020-11-02", "2021-01-15")
    source = scripted({"FB": history, "KO": invented("KO", "2020-11-02")})
    refresh("us", source, ["FB", "KO"], end="2021-01-05")
    source.histories = {"META": history.assign(symbol="META"), "KO": source.histories["KO"]}
    report = refresh("us", source, ["FB", "META", "KO"], end=END)
    assert report.renamed == {"FB": "META"}
    assert report.failed == {"FB": "is called META now"}
    panel = load_panel("us")
    assert panel["asset"].to_numpy().tolist() == ["KO", "META"]
    assert int(panel["close"].sel(asset="META").count()) == len(sessions("2020-11-02", END))
    report = refresh("us", source, ["FB", "META", "KO"], end="2021-01-11")
    assert report.failed == {"FB": "is called META now"}
    assert source.asked[-1][0] == ("META", "KO")


def test_a_symbol_that_is_only_alike_is_not_renamed(scripted, invented):
    source = scripted({"FB": invented("FB", "2020-11-02")})
    refresh("us", source, ["FB"], end="2021-01-05")
    source.histories = {"KO": invented("KO", "2020-11-02")}
    report = refresh("us", source, ["FB", "KO"], end=END)
    assert report.renamed == {}
    assert load_panel("us")["asset"].to_numpy().tolist() == ["FB", "KO"]


def test_bad_rows_go_into_quarantine_once_and_with_their_symbols_history(scripted, invented):
    bad = invented("CL")
    bad.loc[3, ["low", "close"]] = [-40.32, -37.63]
    closed = bad.iloc[[4]].assign(date=pd.Timestamp("2020-12-25"))
    twice = bad.iloc[[6]].assign(close=1.0)
    source = scripted({"CL": pd.concat([bad, closed, twice])})
    report = refresh("us", source, ["CL"], end="2021-01-05", calendar="XNYS")
    kept = read_quarantine("us")
    assert report.quarantined == len(kept) == 3
    crude = kept[kept["date"] == bad["date"][3]].iloc[0]
    assert (crude["close"], crude["low"], crude["open"]) == (-37.63, -40.32, bad["open"][3])
    assert "close: price is not above 0" in crude["reason"]
    assert kept["reason"].tolist()[1] == "second row for its date and symbol"
    assert kept["reason"].tolist()[2] == "day is no session of XNYS"
    for end in ("2021-01-06", "2021-01-07"):
        assert refresh("us", source, ["CL"], end=end).quarantined == 0
    source.histories["CL"] = split(source.histories["CL"], "2021-01-08", 2)
    assert refresh("us", source, ["CL"], end=END).again == ["CL"]
    assert len(read_quarantine("us")) == 3


def test_a_row_on_a_closed_day_after_the_last_is_quarantined_once(scripted, invented):
    rows = invented("KO", last="2021-01-05")
    saturday = rows.iloc[[-1]].assign(date=pd.Timestamp("2021-01-09"))
    source = scripted({"KO": pd.concat([rows, saturday])})
    refresh("us", source, ["KO"], end="2021-01-05")
    assert refresh("us", source, ["KO"], end="2021-01-12").quarantined == 1
    assert refresh("us", source, ["KO"], end="2021-01-13").quarantined == 0
    assert len(read_quarantine("us")) == 1


def test_rows_after_the_end_are_not_final_and_are_not_stored(scripted, invented):
    source = scripted({"KO": invented("KO")})
    fetch = source.fetch
    source.fetch = lambda symbols, start, end: fetch(symbols, start, None)
    refresh("us", source, ["KO"], end=END)
    assert f"{load_panel('us').indexes['date'][-1]:%F}" == END


def test_an_earlier_start_asks_anew_and_a_later_one_does_not(scripted, invented):
    source = scripted({"KO": invented("KO")})
    refresh("us", source, ["KO"], start="2021-01-04", end="2021-01-05")
    refresh("us", source, ["KO"], start="2020-12-21", end="2021-01-05")
    assert source.asked[-1] == (("KO",), "2020-12-21", "2021-01-05")
    refresh("us", source, ["KO"], start="2021-01-05", end="2021-01-06")
    panel = load_panel("us")
    assert int(panel["close"].count()) == len(sessions("2020-12-21", "2021-01-06"))
    source.histories["KO"] = split(source.histories["KO"], "2021-01-07", 2)
    refresh("us", source, ["KO"], end="2021-01-07")
    assert source.asked[-1] == (("KO",), "2020-12-21", "2021-01-07")  # as far back as before


def test_the_calendar_of_a_new_store_fits_its_first_batch(scripted, invented):
    rows = invented("KO", "2021-01-04", "2021-01-08")
    days = pd.date_range("2021-01-04", "2021-01-17")
    coins = rows.iloc[np.arange(14) % 5].assign(date=days, symbol="BTC-USD")
    refresh("coins", scripted({"KO": rows, "BTC-USD": coins}), ["BTC-USD", "KO"], end="2021-01-17")
    panel = load_panel("coins")
    assert panel.attrs["calendar"] == "24/7"
    assert panel.sizes["date"] == 14
    assert int(panel["close"].sel(asset="KO").count()) == 5


def test_without_an_end_the_last_closed_session_is_asked_for(scripted, invented, monkeypatch):
    moment = pd.Timestamp("2021-01-06 21:10Z")
    monkeypatch.setattr(pd.Timestamp, "now", classmethod(lambda cls, tz=None: moment))
    report = refresh("us", scripted({"KO": invented("KO")}), ["KO"])
    assert report.last == "2021-01-05"  # the day's bar may still change
    assert f"{load_panel('us').indexes['date'][-1]:%F}" == "2021-01-05"


@pytest.mark.parametrize(
    ("moment", "calendar", "last"),
    [
        ("2024-07-03 17:25Z", "XNYS", "2024-07-03"),  # an early close
        ("2024-07-03 16:50Z", "XNYS", "2024-07-02"),
        ("2024-07-07 12:00Z", "XNYS", "2024-07-05"),
        ("2024-01-01 00:00Z", "XNYS", "2023-12-29"),
        ("2024-07-06 21:00-04:00", "24/7", "2024-07-06"),
    ],
)
def test_the_last_session_is_one_that_has_closed(moment, calendar, last):
    assert last_session(pd.Timestamp(moment), calendar) == pd.Timestamp(last)


def test_the_last_session_needs_a_time_zone():
    with pytest.raises(ValueError, match="give a moment with its time zone"):
        last_session(pd.Timestamp("2024-07-03"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"symbols": []}, "symbols=none is not allowed"),
        ({"symbols": ["KO", "KO"]}, "symbols=KO, KO is not allowed: give one or more, each once"),
        ({"name": "../us"}, "is not allowed: give small letters"),
        ({"name": "indices"}, "indices is built in; give another name"),
        ({"end": "soon"}, "end=soon is not allowed: give a date"),
        ({"calendar": "MOON"}, "calendar='MOON' is not known"),
    ],
)
def test_mistakes_are_one_line(scripted, invented, change, says):
    arguments = {"name": "us", "symbols": ["KO"], "end": END} | change
    source = scripted({"KO": invented("KO")})
    with pytest.raises(ValueError, match=says) as refusal:
        refresh(arguments.pop("name"), source, arguments.pop("symbols"), **arguments)
    assert "\n" not in str(refusal.value)


def test_a_store_has_one_source_and_one_calendar(scripted, invented):
    source = scripted({"KO": invented("KO")})
    refresh("us", source, ["KO"], end=END)
    with pytest.raises(ValueError, match=r"calendar=24/7 is not allowed: store us has XNYS"):
        refresh("us", source, ["KO"], end=END, calendar="24/7")
    source.name = "another"
    with pytest.raises(ValueError, match="store us is filled from scripted: give another a name of its own"):
        refresh("us", source, ["KO"], end=END)


def test_many_commits_do_not_make_many_files(scripted, invented, root):
    names = [f"S{i:02d}" for i in range(30)]
    source = scripted({name: invented(name, "2021-01-04") for name in names}, size=1)
    refresh("us", source, names, end=END)
    parts = read_manifest(root / "us").parts
    assert len(parts) <= 9
    assert sum(part.rows for part in parts) == 30 * 5
    assert load_panel("us").sizes == {"date": 5, "asset": 30}
