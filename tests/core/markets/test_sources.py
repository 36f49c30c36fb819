"""What the names give, what is wrong with the files, and how a wrong request is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.markets import bundled, check_panel, load_panel
from dlcore.markets.built_in import SOURCES
from dlcore.markets.files import is_path


@pytest.mark.parametrize("name", SOURCES)
def test_every_name_gives_a_panel_that_says_where_it_is_from(name):
    panel = check_panel(load_panel(name))
    assert panel.attrs["weakness"]


def test_us_large_20():
    panel = load_panel("us-large-20")
    assert dict(panel.sizes) == {"date": 8313, "asset": 20}
    assert [str(day)[:10] for day in panel["date"].to_numpy()[[0, -1]]] == ["1990-01-02", "2022-12-28"]
    assert not np.isnan(panel["close"]).any()
    assert panel["benchmark"].to_numpy()[0] == 359.69
    assert float(panel["close"].sel(asset="AAPL")[0]) == 0.264
    assert "survivorship-biased" in panel.attrs["weakness"]


def test_us_tech_5_is_adjusted_through_its_splits():
    panel = load_panel("us-tech-5")
    close = panel["close"].to_pandas()
    assert [str(close[name].first_valid_index())[:10] for name in ("AAPL", "GOOG", "FB")] == [
        "2000-03-01",
        "2004-08-19",
        "2012-05-18",
    ]
    raw = (panel["close"] / panel["adjustment"]).to_pandas()
    for name, day in (("AAPL", "2000-06-21"), ("AAPL", "2005-02-28"), ("MSFT", "2003-02-18")):
        assert np.log(raw[name]).diff()[day] < -0.55  # halved in the newspaper
        assert abs(np.log(close[name]).diff()[day]) < 0.11
    assert np.log(close["AAPL"]).diff()["2000-09-29"] == pytest.approx(-0.731, abs=1e-3)  # a true loss
    assert raw["IBM"].iloc[0] == pytest.approx(100.25)


@pytest.mark.parametrize("name", ["us-tech-5", "indices"])
def test_highs_and_lows_enclose(name):
    panel = load_panel(name)
    for price in ("open", "close"):
        known = np.isfinite(panel["high"])
        assert bool((panel["high"] >= panel[price]).where(known, True).all())
        assert bool((panel["low"] <= panel[price]).where(known, True).all())


def test_indices_say_what_was_skipped():
    panel = load_panel("indices")
    assert panel["asset"].to_numpy().tolist() == ["SP500", "NASDAQ", "VIX"]
    assert panel.attrs["skipped_rows"].startswith("46 VIX rows without a value")
    assert "2018-12-05" in panel.attrs["skipped_rows"]
    assert np.isnan(panel["open"].sel(asset="VIX")).all()
    assert np.isnan(panel["volume"].sel(asset="NASDAQ", date="2015-05-12"))
    stale = panel["open"].sel(asset="SP500")[1:].to_numpy() == panel["close"].sel(asset="SP500")[:-1].to_numpy()
    years = pd.DatetimeIndex(panel["date"][1:]).year
    assert stale[years <= 2005].mean() == pytest.approx(0.96, abs=0.005)


def test_a_vix_value_on_a_closed_day_is_not_dropped(monkeypatch):
    file = pd.DataFrame({"vix": [13.0, 14.0]}, index=pd.DatetimeIndex(["2014-01-17", "2014-01-20"], name="Date"))
    monkeypatch.setattr(bundled, "_read", lambda *_, **__: file)
    with pytest.raises(ValueError, match=r"2014-01-20.*no sessions"):
        bundled._vix()


def test_a_panel_begins_and_ends_with_a_trade_of_its_assets():
    assert load_panel("us-tech-5", assets=["FB"]).sizes["date"] == 196
    assert load_panel("indices", assets=["SP500"]).sizes["date"] == 5031
    both = load_panel("indices", "2014-01-01", "2018-12-31", ["VIX", "SP500"])
    assert both["asset"].to_numpy().tolist() == ["VIX", "SP500"]
    assert np.isnan(both["close"][0].to_numpy()).tolist() == [True, False]  # 2 January: only the index


def test_the_end_is_the_whole_day():
    panel = load_panel("simulated-cross-asset?bars=13&sessions=40", end="2014-01-02")
    assert panel.sizes["date"] == 13


def neither_name_nor_path(text: str) -> bool:
    name = text.partition("?")[0]
    return name not in SOURCES and not is_path(name)


@given(st.text(max_size=30).filter(neither_name_nor_path))
@settings(max_examples=60)
def test_any_other_name_is_refused_with_the_known_ones(name):
    with pytest.raises(ValueError, match="is not a known market: give one of us-large-20") as error:
        load_panel(name)
    assert "\n" not in str(error.value)


@given(st.text(max_size=30) | st.sampled_from(["~nobody", "x" * 5000, "\0"]), st.sampled_from(["", "/", ".csv"]))
@settings(max_examples=60)
def test_a_path_to_nothing_is_refused_in_one_line(name, ending):
    with pytest.raises((ValueError, FileNotFoundError)) as error:
        load_panel(f"no-such-folder/{name.replace('?', '')}{ending}")
    assert "\n" not in str(error.value)


@given(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.text("abc-.019", max_size=6))
@settings(max_examples=60)
def test_options_are_either_known_or_refused(option, value):
    known = {"lag", "coefficient", "bars", "seed", "sessions", "start"}
    if option in known:
        return
    with pytest.raises(ValueError, match=f"option '{option}' is not known to simulated-cross-asset") as error:
        load_panel(f"simulated-cross-asset?{option}={value}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("us-large-20?ic=0",), "its options are none"),
        (("simulated-sp500?ic=much",), "ic=much is not allowed: give a value of type float"),
        (("simulated-sp500?assets=1.5",), r"assets=1\.5 is not allowed: give a value of type int"),
        (("simulated-sp500?ic=nan",), "ic=nan is not allowed"),
        (("indices", "soon"), "start=soon is not allowed"),
        (("indices", None, "2010-01-01T00:00+00:00"), "without a time zone"),
        (("indices", "2010-01-02", "2010-01-01"), "holds no prices"),
        (("indices", None, "1990-01-01"), "holds no prices"),
        (("indices", None, None, ["DAX"]), r"assets=\['DAX'\] is not allowed: give some of SP500"),
        (("indices", None, None, []), r"assets=\[\] is not allowed"),
        (("indices", None, None, ["VIX", "VIX"]), "each once"),
        (("simulated-sp500", None, None, ["X"]), r"… \(503 in all\)"),
    ],
)
def test_a_wrong_request_is_named(arguments, says):
    with pytest.raises(ValueError, match=says) as error:
        load_panel(*arguments)
    assert "\n" not in str(error.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(bundled, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"skfolio is not installed: pip install dlcore\[data\]"):
        load_panel("us-large-20")
