"""Your own files: what is understood, what is quarantined, and how the rest is refused in one line."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlcore.markets import check_panel, load_panel

HERE = Path(__file__).parents[3]
DATA = Path(os.environ.get("DLCORE_TEST_DATA", HERE.parent / "shared" / "data"))
PLAIN = ["date", "symbol", "open", "high", "low", "close", "volume"]
DAYS = ["2020-01-02", "2020-01-03", "2020-01-06"]  # sessions of New York


def long(days=DAYS, symbols=("AAPL", "KO"), **columns) -> pd.DataFrame:
    """A long frame with plain names and different prices everywhere."""
    rows = pd.DataFrame([(day, symbol) for day in days for symbol in symbols], columns=["date", "symbol"])
    level = 10.0 + np.arange(len(rows))
    prices = {"open": level, "high": level + 2, "low": level - 2, "close": level + 1, "volume": 100 * level}
    return rows.assign(**(prices | columns))


def written(frame: pd.DataFrame, path: Path) -> Path:
    """Write as the ending says."""
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    content = frame.to_csv(index=False).encode() if plain.suffix == ".csv" else frame.to_parquet(index=False)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def real(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not at DLCORE_TEST_DATA or beside the repository")
    return DATA / name


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "p.parquet", "p.parquet.gz", "P.CSV"])
def test_every_ending_gives_the_values_of_the_file(tmp_path, name):
    frame = long()
    path = tmp_path / name
    panel = load_panel(written(frame, path) if name != "P.CSV" else _text(path, frame.to_csv(index=False)))
    assert panel["asset"].to_numpy().tolist() == ["AAPL", "KO"]
    assert panel["date"].to_numpy().astype("datetime64[D]").astype(str).tolist() == DAYS
    for field in PLAIN[2:]:
        np.testing.assert_array_equal(panel[field].to_numpy().ravel(), frame[field])
    assert panel.attrs["source"] == name
    assert str(tmp_path) not in str(panel.attrs)
    assert panel.attrs["retrieved_at"] == str(np.datetime64(int(path.stat().st_mtime), "s"))[:10]
    assert panel.attrs["calendar"] == "XNYS"
    assert panel.attrs["quarantined"] == panel.attrs["ignored_columns"] == "none"
    assert "cannot be known" in panel.attrs["adjustment"]
    assert "survivorship-biased unless" in panel.attrs["weakness"]


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


NAMES = {
    "date": ["date", "Datetime", "TIMESTAMP", " Date "],
    "symbol": ["symbol", "Ticker", "NAME", "code", "Asset"],
    "adj close": ["adj close", "Adj_Close", "Adjusted Close", "adjclose", "ADJCLOSE"],
}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_case_of_columns_and_order_of_rows_do_not_matter(tmp_path, data):
    frame = long(**{"adj close": 5.0 + np.arange(6)})
    expected = load_panel(written(frame, tmp_path / "p.csv"))
    order = data.draw(st.permutations(list(frame.columns)))
    spelt = {
        name: data.draw(st.sampled_from(NAMES.get(name, [name, name.upper(), name.capitalize()]))) for name in order
    }
    rows = data.draw(st.permutations(range(6)))
    other = frame[order].rename(columns=spelt).iloc[rows]
    panel = load_panel(written(other, tmp_path / f"p.{data.draw(st.sampled_from(['csv', 'parquet']))}"))
    xr.testing.assert_equal(panel.sel(asset=["AAPL", "KO"]), expected)


def test_an_adjusted_close_adjusts_the_four_prices_and_is_kept_as_a_factor(tmp_path):
    frame = long(symbols=["AAPL"], **{"Adj Close": [5.5, 6.0, 13.0]})  # closes 11, 12, 13
    panel = load_panel(written(frame, tmp_path / "p.csv"))
    np.testing.assert_array_equal(panel["adjustment"].to_numpy().ravel(), [0.5, 0.5, 1.0])
    for field, values in {"open": [5, 5.5, 12], "high": [6, 6.5, 14], "close": [5.5, 6, 13]}.items():
        np.testing.assert_array_equal(panel[field].to_numpy().ravel(), values)
    np.testing.assert_array_equal(panel["volume"].to_numpy().ravel(), frame["volume"])  # as reported
    assert "adjusted close / close" in panel.attrs["adjustment"]


def test_prices_whose_adjustment_is_not_known_are_not_mixed_with_adjusted_ones(tmp_path):
    path = _text(tmp_path / "KO.csv", "date,open,close,adj close\n2020-01-02,3,4,2\n2020-01-03,3,4,\n")
    panel = load_panel(path)
    np.testing.assert_array_equal(panel["close"].to_numpy().ravel(), [2])  # ends with the last trade that is known
    assert "2 values are not in the panel; adjusted close / close is not known: 2" in panel.attrs["quarantined"]


@pytest.mark.parametrize("ticker_first", [False, True])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_two_row_headers_of_yfinance(tmp_path, ticker_first, ending):
    frame = long(**{"adj close": 5.0 + np.arange(6)})
    expected = load_panel(written(frame, tmp_path / "long.csv"))
    wide = frame.pivot(index="date", columns="symbol").rename(columns=str.title, level=0)  # noqa: PD010
    wide.columns.names, wide.index.name = ["Price", "Ticker"], "Date"
    wide.index = pd.to_datetime(wide.index)
    wide = wide.swaplevel(axis="columns") if ticker_first else wide
    path = tmp_path / f"wide.{ending}"
    wide.to_csv(path) if ending == "csv" else wide.to_parquet(path)
    panel = load_panel(path)
    xr.testing.assert_equal(panel, expected)
    assert panel.attrs["ignored_columns"] == "none"


def test_a_two_row_header_of_one_ticker_without_the_row_of_the_dates_name(tmp_path):
    panel = load_panel(_text(tmp_path / "p.csv", "Price,Close,Volume\nTicker,KO,KO\n2020-01-02,54.9,100\n"))
    assert panel["asset"].item() == "KO"
    assert panel["close"].item() == 54.9


def test_a_folder_holds_one_asset_a_file(tmp_path):
    for symbol, rows in long().groupby("symbol"):
        written(rows.drop(columns="symbol"), tmp_path / f"{symbol}.{'csv.gz' if symbol == 'KO' else 'parquet'}")
    (tmp_path / "README.md").write_text("not prices")
    panel = load_panel(tmp_path)
    assert panel.attrs["source"] == tmp_path.name
    xr.testing.assert_equal(panel, load_panel(written(long(), tmp_path.parent / "long.csv")))


def test_a_folder_in_which_only_some_are_adjusted_is_refused(tmp_path):
    _text(tmp_path / "A.csv", "date,close\n2020-01-02,4\n")
    _text(tmp_path / "B.csv", "date,close,adj close\n2020-01-02,4,2\n")
    with pytest.raises(ValueError, match="A has no adjusted close while others have"):
        load_panel(tmp_path)


def test_nothing_is_filled_and_what_is_not_read_is_named(tmp_path):
    rows = long(sector="tech").drop(index=3)  # KO did not trade on the second day
    panel = load_panel(written(rows, tmp_path / "p.csv"), assets=["KO"])
    np.testing.assert_array_equal(panel["close"].to_numpy().ravel(), [12, np.nan, 16])
    assert panel.attrs["ignored_columns"] == "sector"


def test_symbols_stay_text(tmp_path):
    panel = load_panel(_text(tmp_path / "p.csv", "date,ticker,close\n2020-01-02,NA,1\n2020-01-02,007,2\n"))
    assert panel["asset"].to_numpy().tolist() == ["NA", "007"]


def test_values_that_a_panel_may_not_hold_are_listed_one_by_one(tmp_path):
    text = "date,symbol,close,volume\n2020-01-02,CL,-37.63,5\n2020-01-02,KO,inf,-1\n2020-01-03,CL,20,5\n"
    panel = check_panel(load_panel(_text(tmp_path / "p.csv", text)))
    listed = panel.attrs["quarantined"]
    assert listed.startswith("3 values are not in the panel; ")
    assert "price is not above 0: 1 (2020-01-02 CL close -37.63)" in listed
    assert "value is infinite: 1 (2020-01-02 KO close inf)" in listed
    assert "volume is below 0: 1 (2020-01-02 KO volume -1)" in listed
    assert float(panel["close"].sel(asset="CL", date="2020-01-03")) == 20


def test_a_rare_row_on_a_closed_day_is_listed_and_the_calendar_stays(tmp_path):
    days = [*pd.bdate_range("2021-03-01", "2021-03-31").strftime("%Y-%m-%d"), "2021-03-06"]  # a Saturday
    path = written(long(days=days, symbols=["KO"]), tmp_path / "p.csv")
    panel = load_panel(f"{path}?calendar=XNYS")
    assert panel.sizes["date"] == 23
    assert "day is no session of XNYS: 5 (2021-03-06 KO open 33, " in panel.attrs["quarantined"]
    assert load_panel(path).attrs["calendar"] == "24/5"  # one of 24 days is more than a slip, and less than a habit


@pytest.mark.parametrize(
    ("days", "calendar"),
    [(pd.date_range("2020-01-01", periods=14), "24/7"), (pd.bdate_range("2020-12-21", periods=9), "24/5")],
)
def test_the_calendar_fits_the_dates(tmp_path, days, calendar):
    panel = load_panel(written(long(days=days.strftime("%Y-%m-%d")), tmp_path / "p.csv"))
    assert panel.attrs["calendar"] == calendar
    assert panel.sizes["date"] == len(days)
    assert panel.attrs["quarantined"] == "none"


@pytest.mark.parametrize(
    "spelt",
    ["2020/1/13", "20200113", "2020-01-13 00:00:00-05:00", "2020-01-13T21:00:00Z", "13.01.2020", "01/13/2020"],
)
def test_dates_as_they_are_written(tmp_path, spelt):
    panel = load_panel(_text(tmp_path / "p.csv", f"date,close\n{spelt},1\n"))
    assert str(panel["date"].to_numpy()[0])[:10] == "2020-01-13"


def test_dates_of_parquet_keep_the_day_of_their_time_zone(tmp_path):
    for dates in (
        pd.DatetimeIndex(DAYS).tz_localize("America/New_York"),
        pd.DatetimeIndex(DAYS).date,
        [20200102, 20200103, 20200106],
        pd.Categorical(DAYS),
    ):
        panel = load_panel(written(long(symbols=["KO"]).assign(date=dates), tmp_path / "p.parquet"))
        assert panel["date"].to_numpy().astype("datetime64[D]").astype(str).tolist() == DAYS


def test_start_end_assets(tmp_path):
    panel = load_panel(written(long(), tmp_path / "p.csv"), "2020-01-03", "2020-01-03", ["KO"])
    assert panel["close"].to_numpy().tolist() == [[14.0]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "p.csv is empty: give one with a header"),
        ("date,close\n", "p.csv has no rows"),
        ("day,close\n2020-01-02,1\n", "p.csv has columns day, close: give date and close"),
        ("date,open\n2020-01-02,1\n", "give date and close"),
        ("date,open,adj close\n2020-01-02,1,1\n", "an adjusted close but no close"),
        ("date,Date,close\n", "columns date and Date both mean date: keep one"),
        ("date,sector,close\n2020-01-02,tech,12 $\n", r"column close: .*'12 \$': give plain numbers"),
        ("date,close\n2020-01-02,1,3\n", "Expected 2 columns, got 3"),
        ("date,close\n2020-02-30,1\n", "'2020-02-30' cannot be read as a date"),
        ("date,close\n,1\n", "'' cannot be read as a date"),
        ("date,close\n1577923200,1\n", "'1577923200' cannot be read as a date"),
        ("date,close\n01/02/2020,1\n", "'01/02/2020' may have the day or the month first"),
        ("date,close\n0020-01-02,1\n", "date 0020-01-02 is not allowed: give dates from 1700 to 2199"),
        ("date,symbol,close\n2020-01-02,,1\n", "row 1 has no symbol"),
        ("date,symbol,close\n2020-01-02,A,1\n2020-01-03,A,1\n2020-01-03,A,1\n", "2020-01-03 A has two rows: keep one"),
        ("date,close\n2020-01-02,-1\n", "holds no close that a Panel may hold; quarantined: 1 value is"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_line(tmp_path, text, says):
    with pytest.raises(ValueError, match=says) as refusal:
        load_panel(_text(tmp_path / "p.csv", text))
    assert "\n" not in str(refusal.value)


PIECES = [
    "date",
    "close",
    "Price",
    "Ticker",
    "AAPL",
    "2020-01-02",
    "1.5",
    "-3",
    "inf",
    ",",
    ",",
    ",",
    "\n",
    "\n",
    '"',
    ";",
    "é",
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map(lambda p: "".join(p).encode()))
def test_whatever_is_in_a_file_it_gives_a_panel_or_one_line(tmp_path, content):
    (tmp_path / "p.csv").write_bytes(content)
    try:
        check_panel(load_panel(tmp_path / "p.csv"))
    except ValueError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 -- a Panel is as good


def test_content_that_is_not_what_its_name_says(tmp_path):
    with pytest.raises(ValueError, match=r"column close: .*: give plain numbers"):
        load_panel(written(long(close="dear"), tmp_path / "p.parquet"))
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        load_panel(_text(tmp_path / "q.parquet", "date,close"))
    (tmp_path / "wide.csv").write_bytes("date,close\n2020-01-02,1\n".encode("utf-16"))
    with pytest.raises(ValueError, match="save it as CSV in UTF-8"):
        load_panel(tmp_path / "wide.csv")
    with pytest.raises(ValueError, match="no gzip file"):
        load_panel(_text(tmp_path / "q.csv.gz", "date,close"))


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv' is not there: give a file that ends in \.csv"):
        load_panel("none.csv")
    with pytest.raises(ValueError, match=r"p\.xlsx is of no kind that can be read: give a file that ends in \.csv"):
        load_panel(_text(tmp_path / "p.xlsx", "?"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no prices"):
        load_panel(tmp_path / "empty")
    with pytest.raises(ValueError, match=r"option 'colour' is not known to p\.csv: its options are calendar"):
        load_panel(_relative(tmp_path, "p.csv") + "?colour=red")
    with pytest.raises(ValueError, match=r"not a known market: give one of .*, or a path"):
        load_panel("us")


def _relative(folder: Path, name: str) -> str:
    """Options are refused before the file is looked for."""
    assert not (folder / name).exists()
    return name


def test_five_years_of_the_sp500():
    path = real("sp500_5yr/all_stocks_5yr.parquet")
    panel = load_panel(path)
    assert dict(panel.sizes) == {"date": 1259, "asset": 505}
    assert int(panel["close"].count()) == 619_040
    assert int(load_panel(path, "2014-01-01", "2017-12-31")["close"].count()) == 497_472
    assert panel.attrs["quarantined"] == "none"
    frame = pd.read_parquet(path)
    wide = frame.pivot(index="date", columns="Name", values="low")[panel["asset"].to_numpy()]  # noqa: PD010
    np.testing.assert_array_equal(panel["low"].to_numpy(), wide.to_numpy())


def test_futures_below_zero_and_on_holidays_are_listed():
    panel = load_panel(real("cross_asset/cross_asset_daily.csv.gz"))
    assert dict(panel.sizes) == {"date": 9102, "asset": 25}
    assert panel.attrs["calendar"] == "XNYS"
    listed = panel.attrs["quarantined"]
    assert listed.startswith("409 values are not in the panel; ")
    assert "day is no session of XNYS: 405 (" in listed
    assert "2020-04-20 CL=F low -40.32" in listed
    assert np.isnan(panel["close"].sel(asset="CL=F", date="2020-04-20"))


def test_crypto_trades_every_day():
    panel = load_panel(real("cross_asset/crypto_daily.csv.gz"))
    assert panel.attrs["calendar"] == "24/7"
    assert dict(panel.sizes) == {"date": 4103, "asset": 2}
    assert int(panel["close"].count()) == 7163
    assert panel.attrs["quarantined"] == "none"
