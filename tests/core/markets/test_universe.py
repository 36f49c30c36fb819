"""Membership intervals become a mask: starts in, ends out, gaps respected, nothing guessed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcore.markets import load_panel
from dlcore.markets.universe import member_mask, read_membership

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "sp500_membership" / "sp500_ticker_start_end.csv"
HEAD = "ticker,start_date,end_date\n"


@pytest.fixture(scope="module")
def panel():
    return load_panel("simulated-sp500?assets=12&sessions=40&ic=0")


def table(tmp_path, text):
    path = tmp_path / "members.csv"
    path.write_text(HEAD + text)
    return path


def test_the_start_is_in_and_the_end_is_out(panel, tmp_path):
    day = [f"{d:%Y-%m-%d}" for d in panel.indexes["date"]]
    name = panel["asset"].to_numpy()[0]
    rows = f"{name},{day[3]},{day[5]}\n{name},{day[20]},\n"
    mask = member_mask(panel, read_membership(table(tmp_path, rows)))
    assert mask.dims == ("date", "asset")
    assert mask.dtype == bool
    assert np.flatnonzero(mask.to_numpy()[:, 0]).tolist() == [3, 4, *range(20, 40)]
    assert not mask.to_numpy()[:, 1:].any()
    assert str(panel["asset"].to_numpy()[1]) in mask.attrs["unlisted"]


@given(start=st.integers(-50, 80), length=st.integers(1, 100))
def test_the_mask_is_the_definition(panel, start, length):
    first = panel.indexes["date"][0]
    begin, end = first + pd.Timedelta(days=start), first + pd.Timedelta(days=start + length)
    intervals = pd.DataFrame({"ticker": [panel["asset"].to_numpy()[2]], "start_date": [begin], "end_date": [end]})
    expected = [(begin <= d) and (d < end) for d in panel.indexes["date"]]
    assert member_mask(panel, intervals).to_numpy()[:, 2].tolist() == expected


def test_share_classes_are_found_in_either_spelling(panel, tmp_path):
    renamed = panel.isel(asset=slice(2)).assign_coords(asset=["BRK-B", "BF.B"])
    mask = member_mask(renamed, read_membership(table(tmp_path, "BRK.B,2000-01-01,\nBF-B,2000-01-01,\n")))
    assert mask.to_numpy().all()
    assert mask.attrs["unlisted"] == "none"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A,2000-13-01,\n", r"row 2: start_date '2000-13-01' is no date: give YYYY-MM-DD"),
        ("A,,\n", "row 2: start_date '' is no date"),
        ("A,2000-01-01,soon\n", "row 2: end_date 'soon' is no date"),
        ("A,2001-01-01,2000-01-01\n", "A from 2001-01-01 ends before it has begun"),
        ("A,2000-01-01,\nA,2001-01-01,\n", "A from 2001-01-01 overlaps the interval before it"),
        ("A,2000-01-01,2002-01-01\nA,2001-01-01,\n", "A from 2001-01-01 overlaps the interval before it"),
    ],
)
def test_a_wrong_table_is_one_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        read_membership(table(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_missing_column_and_foreign_tickers_are_one_line(panel, tmp_path):
    (tmp_path / "bad.csv").write_text("ticker,start_date\nA,2000-01-01\n")
    with pytest.raises(ValueError, match="has no column 'end_date': give ticker, start_date, end_date"):
        read_membership(tmp_path / "bad.csv")
    with pytest.raises(ValueError, match="none of the 12 assets"):
        member_mask(panel, read_membership(table(tmp_path, "ZZZ,2000-01-01,\n")))


@pytest.mark.skipif(not REAL.exists(), reason="the real membership table is not beside this checkout")
def test_the_index_had_about_five_hundred_members_on_every_year_end():
    intervals = read_membership(REAL)
    for year in range(1996, 2025):
        day = pd.Timestamp(f"{year}-12-31")
        members = ((intervals["start_date"] <= day) & ~(intervals["end_date"] <= day)).sum()
        assert 485 <= members <= 510
