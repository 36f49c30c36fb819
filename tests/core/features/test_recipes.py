"""Every column of every recipe: what it is, that it knows no tomorrow, and that the price's unit does not matter."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from dlcore.features import amihud, beta, build_features, market_return, momentum, recipes, volatility
from dlcore.features import indicators as ind
from dlcore.features.columns import COLUMNS
from dlcore.markets import load_panel

FIELDS = ("open", "high", "low", "close", "volume")
RECIPES = {name: getattr(recipes, name) for name in ("PRICE_ONLY", "ENGINEERED_24", "LSTM_ALPHA", "DEEPALPHA")}
ALL = tuple(dict.fromkeys(name for recipe in RECIPES.values() for name in recipe))
REAL = Path(__file__).parents[3].parent / "shared" / "data" / "sp500_5yr" / "all_stocks_5yr.parquet"
IN_PRICES = {*FIELDS[:4], "range", "sma_5", "sma_10", "sma_20", "momentum_10", "macd", "macd_signal", "atr_14"}


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    """Bars with gaps, and no benchmark."""
    whole = load_panel("simulated-sp500?assets=12&sessions=420&seed=2")[list(FIELDS)]
    hole = xr.DataArray(np.random.default_rng(0).random((420, 12)) < 0.0005, dims=("date", "asset"))
    return whole.where(~hole)


@pytest.fixture(scope="module")
def universe(panel) -> xr.DataArray:
    member = xr.ones_like(panel["close"], dtype=bool)
    member[200:, :3] = False
    return member


def test_recipes_have_the_promised_columns():
    assert {name: len(recipe) for name, recipe in RECIPES.items()} == {
        "PRICE_ONLY": 28,
        "ENGINEERED_24": 24,
        "LSTM_ALPHA": 16,
        "DEEPALPHA": 28,
    }
    assert len(recipes.INDICATORS_17) == 17
    assert recipes.ENGINEERED_24 == recipes.BASE_7 + recipes.INDICATORS_17
    assert all(len(set(recipe)) == len(recipe) for recipe in RECIPES.values())
    assert {name.removeprefix("rank_") for name in ALL} <= set(COLUMNS)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_gives_its_columns_in_order_with_labels(panel, name):
    before = panel.copy(deep=True)
    features = build_features(panel, RECIPES[name])
    assert tuple(features.data_vars) == RECIPES[name]
    for column, values in features.data_vars.items():
        assert values.dims == ("date", "asset")
        assert values.dtype == np.float64
        assert np.isfinite(values).any(), column
        assert not np.isinf(values).any(), column
        if column not in FIELDS:
            assert values.attrs["unit"]
            assert values.attrs["meaning"]
            assert np.isnan(values[: values.attrs["warm_up"]]).all(), column
    assert features.attrs["calendar"] == panel.attrs["calendar"]
    assert ("market" in features.attrs) == (name in ("PRICE_ONLY", "LSTM_ALPHA"))
    xr.testing.assert_identical(panel, before)
    features[next(iter(features.data_vars))][:] = 0
    xr.testing.assert_identical(panel, before)


def test_columns_are_the_indicators(panel):
    features = build_features(panel, ALL)
    for column, expected in {
        "rsi_14": ind.rsi(panel["close"]),
        "macd_signal": ind.macd(panel["close"])["signal"],
        "macd_histogram_to_close": ind.macd(panel["close"])["histogram"] / panel["close"],
        "kdj_j": ind.kdj(panel)["j"],
        "stochastic_k": ind.stochastic(panel)["k"],
        "range": panel["high"] - panel["low"],
        "log_return": ind.log_return(panel["close"]),
        "momentum_12_1": momentum(panel),
        "volatility_ratio_10_63": volatility(panel, 10) / volatility(panel, 63),
        "beta_252": beta(panel, market_return(panel)),
        "amihud_21": amihud(panel),
    }.items():
        known = features[column].notnull().to_numpy()
        assert known.any()
        np.testing.assert_allclose(features[column].to_numpy()[known], expected.to_numpy()[known], rtol=1e-12)


def test_the_market_of_a_recipe_is_that_of_market_return():
    panel = load_panel("simulated-sp500?assets=12&sessions=300&seed=2")
    some = xr.ones_like(panel["close"], dtype=bool)
    some[:, 5:] = False
    for universe, name in ((None, "benchmark"), (some, "equal-weight mean of the universe each day")):
        features = build_features(panel, ["beta_252"], universe)
        assert features.attrs["market"] == name
        np.testing.assert_array_equal(features["beta_252"], beta(panel, market_return(panel, universe)))


def test_ranks_are_within_the_universe_of_the_date(panel, universe):
    features = build_features(panel, ["rank_rsi_14", "rsi_14"], universe)
    inside = features["rsi_14"].where(universe)
    n = inside.notnull().sum("asset")
    expected = (rankdata(inside, axis=1, nan_policy="omit") - 0.5) / np.maximum(n, 1).to_numpy()[:, None] - 0.5
    np.testing.assert_allclose(features["rank_rsi_14"], expected, atol=1e-15)
    assert np.isfinite(features["rsi_14"][300, 0])
    assert np.isnan(features["rank_rsi_14"][300, 0])
    assert tuple(features.data_vars) == ("rank_rsi_14", "rsi_14")


def first_difference(one: xr.DataArray, other: xr.DataArray) -> int:
    """Row of the first date on which two columns differ; the number of dates where none does."""
    same = (one == other) | (one.isnull() & other.isnull())
    differs = ~same.all("asset").to_numpy()
    return int(differs.argmax()) if differs.any() else len(differs)


def test_a_later_date_changed_at_random_moves_nothing_earlier(panel, universe):
    whole = build_features(panel, ALL, universe)
    for t in (260, 330, 390):
        noise = np.random.default_rng(t).uniform(0.5, 2, (5, 12))
        other = panel.copy(deep=True)
        for field, factors in zip(FIELDS, noise, strict=True):
            other[field][t] = other[field][t] * factors
        moved = build_features(other, ALL, universe)
        first = {name: first_difference(whole[name], moved[name]) for name in ALL}
        assert min(first.values()) == t, first
        assert all(first[name] < 420 for name in ALL), first  # each column has seen the change, at once or later


def test_the_check_of_causality_can_fail(panel):
    leaking = panel["close"] / panel["close"].mean("date")
    other = panel["close"].copy(deep=True)
    other[300] = other[300] * 2
    assert first_difference(leaking, other / other.mean("date")) == 0


@settings(max_examples=8)
@given(factor=st.floats(0.01, 100))
def test_the_unit_of_prices_does_not_matter_to_what_is_free_of_it(panel, factor):
    features = build_features(panel, ALL)
    scaled = build_features(panel.assign({name: panel[name] * factor for name in FIELDS[:4]}), ALL)
    for name in ALL:
        unit = factor if name in IN_PRICES else 1 / factor if name == "amihud_21" else 1.0
        if name.startswith("rank_"):
            continue  # a tie may break by one rounding
        np.testing.assert_allclose(scaled[name], features[name] * unit, rtol=1e-7, atol=1e-9 * max(unit, 1))


def test_a_gap_is_neither_filled_nor_spread_to_others(panel):
    whole = load_panel("simulated-sp500?assets=12&sessions=420&seed=2")[list(FIELDS)].isel(asset=slice(2))
    gap = whole.copy(deep=True)
    for field in FIELDS:
        gap[field][300, 0] = np.nan
    names = [name for name in ALL if not name.startswith(("rank_", "beta", "strength"))]
    before, after = build_features(whole, names), build_features(gap, names)
    xr.testing.assert_equal(after.isel(asset=1), before.isel(asset=1))
    for name in names:
        assert np.isnan(after[name][300, 0]), name


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        (recipes.LSTM_ALPHA, "the panel has no high, which kdj_k needs: use recipes.PRICE_ONLY"),
        (recipes.ENGINEERED_24, "the panel has no open, which open needs: use recipes.PRICE_ONLY"),
        (recipes.DEEPALPHA, "the panel has no volume, which amihud_21 needs: use recipes.PRICE_ONLY"),
        (["sma_5", "sma_5"], "column 'sma_5' appears twice"),
        (["sma_6"], "column 'sma_6' is not known"),
        (["rank_"], "column 'rank_' is not known"),
        ([], r"recipe=\[\] is not allowed: give a list of columns"),
        ("PRICE_ONLY", "recipe='PRICE_ONLY' is not allowed"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_one_line(recipe, says):
    with pytest.raises(ValueError, match=says) as refusal:
        build_features(load_panel("us-large-20", start="2020-01-01"), recipe)
    assert "\n" not in str(refusal.value)


def test_what_is_no_panel_is_refused(panel):
    with pytest.raises(TypeError, match="is no Panel"):
        build_features(panel["close"], recipes.PRICE_ONLY)
    with pytest.raises(ValueError, match="axis 'date' is empty"):
        build_features(panel.isel(date=slice(0)), recipes.PRICE_ONLY)
    with pytest.raises(ValueError, match="universe and close have different labels on date"):
        build_features(panel, recipes.PRICE_ONLY, panel["close"][1:] > 0)
    with pytest.raises(ValueError, match="universe and close have different labels on date"):
        build_features(panel, recipes.PRICE_ONLY, (panel["close"] > 0).drop_vars("date"))
    with pytest.raises(TypeError, match="a ndarray is no universe"):
        build_features(panel, recipes.PRICE_ONLY, (panel["close"] > 0).to_numpy())


def test_closes_alone_are_enough_for_price_only():
    panel = load_panel("us-large-20", start="2015-01-01")
    features = build_features(panel, recipes.PRICE_ONLY)
    assert features.attrs["market"] == "benchmark"
    assert np.isfinite(features.isel(date=slice(252, None)).to_array()).all()
    assert 0.5 < float(features["beta_252"].mean()) < 1.5


@pytest.mark.skipif(not REAL.exists(), reason="the five-year S&P 500 file is not part of the repository")
def test_every_recipe_on_five_real_years():
    panel = load_panel(REAL)
    for name, recipe in RECIPES.items():
        features = build_features(panel, recipe)
        last = features.isel(date=-1).to_array()
        assert np.isfinite(last).mean() > 0.97, name
        assert not np.isinf(features.to_array()).any()
