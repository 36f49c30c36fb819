"""The summary of an IC and its tables by year, sector and horizon."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dlcore.evaluation import by_sector, by_year, decay, information_coefficient, mean_test, summarize
from dlcore.markets import load_panel

DATA = Path(os.environ.get("DLCORE_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))


def panel(values: np.ndarray) -> xr.DataArray:
    dates, assets = values.shape
    coords = {
        "date": pd.bdate_range("2015-01-01", periods=dates),
        "asset": np.arange(assets),
        "sector": ("asset", np.array(["pipes", "wires"])[np.arange(assets) % 2]),
    }
    return xr.DataArray(values, coords, ("date", "asset"))


@pytest.fixture(scope="module")
def pair() -> tuple[xr.DataArray, xr.DataArray]:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((600, 40))
    return panel(scores), panel(0.2 * scores + rng.standard_normal(scores.shape))


def test_the_summary_is_plain_arithmetic(pair):
    scores, returns = pair
    ic = information_coefficient(scores.where(scores["date"].dt.month > 1), returns)
    found, test = summarize(ic, horizon=5), mean_test(ic, horizon=5)
    values = ic.dropna("date").to_numpy()
    assert (found.mean, found.std) == pytest.approx((values.mean(), values.std(ddof=1)))
    assert found.ir == pytest.approx(found.mean / found.std)
    assert found.hit_rate == (values > 0).mean()
    assert found.dates == len(values) < 600
    assert found.breadth == 40
    assert (found.t_naive, found.t_hansen_hodrick, found.t_newey_west) == (
        test.t_naive,
        test.t_hansen_hodrick,
        test.t_newey_west,
    )


def test_effective_breadth_counts_independent_assets():
    rng = np.random.default_rng(1)
    scores, noise = rng.standard_normal((2, 3000, 50))
    alone = summarize(information_coefficient(panel(scores), panel(noise)), horizon=1)
    assert alone.effective_breadth == pytest.approx(50, rel=0.1)
    twins = summarize(
        information_coefficient(panel(np.repeat(scores, 3, axis=1)), panel(np.repeat(noise, 3, axis=1))), horizon=1
    )
    assert twins.breadth == 150
    assert twins.effective_breadth == pytest.approx(50, rel=0.1)


def test_a_series_without_breadth_has_none():
    values = np.random.default_rng(0).standard_normal(100)
    assert np.isnan(summarize(pd.Series(values), horizon=1).breadth)
    assert summarize(values, horizon=1).dates == 100


def test_each_year_is_its_own(pair):
    ic = information_coefficient(*pair)
    table = by_year(ic, horizon=1)
    assert list(table.index) == [2015, 2016, 2017]
    assert table["dates"].sum() == 600
    assert table.loc[2016, "mean"] == pytest.approx(float(ic.sel(date="2016").mean()))
    assert table.loc[2017, "reasons"] == ("Newey–West: 78 values are too few for lag 20, give at least 210",)
    empty = by_year(ic.where(ic["date"].dt.year > 2015), horizon=1)
    assert list(empty.index) == [2016, 2017]


def test_each_sector_is_its_own(pair):
    scores, returns = pair
    table = by_sector(scores, returns, horizon=1, method="spearman")
    assert list(table.index) == ["pipes", "wires"]
    assert (table["breadth"] == 20).all()
    wires = information_coefficient(scores[:, 1::2], returns[:, 1::2], method="spearman")
    assert table.loc["wires", "mean"] == pytest.approx(float(wires.mean()))
    assert by_sector(scores, returns, horizon=1, minimum_breadth=21).empty


def test_a_score_that_picks_sectors_picks_no_stocks(pair):
    scores, _ = pair
    rng = np.random.default_rng(2)
    tilt = np.where(scores["sector"] == "wires", 1.0, -1.0)
    noisy = panel(tilt + 0.1 * rng.standard_normal(scores.shape))
    returns = panel(tilt + rng.standard_normal(scores.shape))
    assert summarize(information_coefficient(noisy, returns), horizon=1).mean > 0.6
    assert (by_sector(noisy, returns, horizon=1)["t_naive"].abs() < 4).all()


def test_decay_gives_each_horizon_its_own_lags(pair):
    scores, returns = pair
    found = decay(scores, {10: returns, 1: returns})
    assert list(found.index) == [1, 10]
    assert found["newey_west_lag"].tolist() == [20, 40]
    assert found.loc[1, "mean"] == found.loc[10, "mean"]
    assert found.loc[10, "t_hansen_hodrick"] == summarize(information_coefficient(*pair), horizon=10).t_hansen_hodrick


def test_a_planted_ic_is_found_and_where_none_is_none_is_found():
    found = {}
    for planted in ("0.05", "0"):
        market = load_panel(f"simulated-sp500?ic={planted}&assets=100&sessions=500")
        label = market["open"].shift(date=-6) / market["open"].shift(date=-1) - 1
        ic = information_coefficient(market["true_signal"], label, method="spearman")
        found[planted] = summarize(ic, horizon=5)
        assert found[planted].mean == pytest.approx(float(planted) + market.attrs["chance_ic"], abs=2e-3)
    assert found["0.05"].t_hansen_hodrick > 5
    assert abs(found["0"].t_hansen_hodrick) < 3.29


@pytest.mark.parametrize(
    ("name", "expected"),
    [("momentum", (0.0164, 2.47, 1.11, 1.15, 1001)), ("reversal", (0.0067, 1.62, 0.88, 0.89, 1248))],
)
def test_the_table_of_docs_metrics_is_what_the_real_prices_say(name, expected):
    if not (path := DATA / "sp500_5yr" / "all_stocks_5yr.parquet").exists():
        pytest.skip("sp500_5yr is not at DLCORE_TEST_DATA or beside the repository")
    prices = load_panel(path)
    close, open_ = prices["close"], prices["open"]
    scores = {
        "momentum": close.shift(date=21) / close.shift(date=252) - 1,
        "reversal": 1 - close / close.shift(date=5),
    }
    label = open_.shift(date=-6) / open_.shift(date=-1) - 1
    found = summarize(information_coefficient(scores[name], label, method="spearman"), horizon=5)
    measured = (found.mean, found.t_naive, found.t_hansen_hodrick, found.t_newey_west, found.dates)
    assert measured == pytest.approx(expected, abs=0.006)
    assert found.mean == pytest.approx(expected[0], abs=6e-5)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s, r: by_year(np.ones(9), horizon=1), TypeError, "ic is a ndarray without dates"),
        (lambda s, r: by_sector(s.drop_vars("sector"), r, horizon=1), ValueError, "no coordinate 'sector'"),
        (lambda s, r: decay(s, {}), ValueError, "returns is empty"),
        (lambda s, r: summarize(information_coefficient(s, r), horizon=-1), ValueError, "horizon=-1"),
    ],
)
def test_bad_input_is_refused(pair, call, error, says):
    with pytest.raises(error, match=says):
        call(*pair)
