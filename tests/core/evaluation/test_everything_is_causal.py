"""Every column, factor, scaler and label of the library is put before `assert_causal`, and a leak of each kind too."""

import numpy as np
import pytest
import xarray as xr

from dlcore import features, targets
from dlcore.evaluation.leaks import LookAheadError, assert_causal
from dlcore.features import build_features, market_return, recipes
from dlcore.features.columns import COLUMNS, Column
from dlcore.features.recipes import RANK
from dlcore.features.scaling import CrossSection, Fitted, RollingZScore
from dlcore.markets import load_panel

SESSIONS = 320  # the longest warm-up is 252
TRAINED = 280  # sessions that scalers are fitted on
LATER = (290, 317)  # sessions after which the panel is cut, once the scalers are fitted
EVERY = (*COLUMNS, *(RANK + name for name in COLUMNS))
FEW = ["log_return", "rsi_14", "volatility_20"]
HORIZON = 5


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """Seven stocks that trade every day, so that each label ends on the session it plans."""
    panel = load_panel(f"simulated-sp500?assets=10&sessions={SESSIONS}&ic=0&seed=2")
    return panel.isel(asset=np.isfinite(panel["close"]).all("date").to_numpy()).isel(asset=slice(7))


@pytest.fixture(scope="module")
def panel(whole) -> xr.Dataset:
    """The same with holes: one pauses, one comes late, one goes early, one has no volume for a day."""
    holes = whole.copy(deep=True)
    for field in ("open", "high", "low", "close", "volume"):
        holes[field][{"date": slice(100, 103), "asset": 1}] = np.nan
        holes[field][{"date": slice(0, 30), "asset": 2}] = np.nan
        holes[field][{"date": slice(250, None), "asset": 3}] = np.nan
    holes["volume"][{"date": 200, "asset": 4}] = 0.0
    return holes


def liquid(panel: xr.Dataset) -> xr.DataArray:
    """A universe that changes from day to day and is known on the day."""
    return panel["volume"] > panel["volume"].median("asset") / 2


def halves(panel: xr.Dataset) -> xr.DataArray:
    """Two sectors that are large enough for a regression."""
    return xr.DataArray(["a"] * 4 + ["b"] * 3, {"asset": panel["asset"].to_numpy()}, ("asset",))


def few(panel: xr.Dataset) -> xr.Dataset:
    return build_features(panel, FEW)


def fitted(method: str):
    """A scaler that has seen `TRAINED` sessions: the whole history on its scale."""

    def scaled(panel: xr.Dataset) -> xr.Dataset:
        train = xr.DataArray(np.arange(panel.sizes["date"]) < TRAINED, {"date": panel["date"]}, ("date",))
        table, scaler = few(panel), Fitted(method)
        before = scaler.fit_transform(table, train)
        return xr.concat([before, scaler.transform(table.isel(date=slice(TRAINED, None)))], "date")

    return scaled


def scaled_by(scaler):
    return lambda panel: scaler.transform(few(panel))


FUNCTIONS = {
    "amihud": lambda p: features.amihud(p),
    "beta": lambda p: features.beta(p, window=60),
    "beta, market of the universe": lambda p: features.beta(p, market_return(p, liquid(p)), window=60),
    "build_features": lambda p: build_features(p, EVERY),
    "build_features, of a universe": lambda p: build_features(p, EVERY, liquid(p)),
    "calendar_features": lambda p: features.calendar_features(p.indexes["date"]),
    "cross_sectional_rank": lambda p: features.cross_sectional_rank(p["close"], liquid(p)),
    "cross_sectional_zscore": lambda p: features.cross_sectional_zscore(p["close"], liquid(p)),
    "cyclic": lambda p: features.cyclic(p["regime"].astype(np.float64), 5),
    "market_return": market_return,
    "market_return, of a universe": lambda p: market_return(p, liquid(p)),
    "momentum": lambda p: features.momentum(p, 60, 5),
    "neutralise": lambda p: features.neutralise(p["close"], halves(p), liquid(p), exposures=p[["volume"]]),
    "residual_momentum": lambda p: features.residual_momentum(p, window=120, lookback=60, skip=5),
    "reversal": lambda p: features.reversal(p),
    "volatility": lambda p: features.volatility(p, 60),
    "winsorise": lambda p: features.winsorise(p["close"], liquid(p), tail=0.2),
    "winsorise_mad": lambda p: features.winsorise_mad(p["close"], liquid(p), limit=1.0),
}
SCALERS = {
    "standard": fitted("standard"),
    "robust": fitted("robust"),
    "rolling": scaled_by(RollingZScore(20)),
    "zscore": scaled_by(CrossSection("zscore")),
    "rank": scaled_by(CrossSection("rank")),
}
LABELS = {
    "alpha_score": targets.alpha_score,
    "direction": targets.direction,
    "excess_return": targets.excess_return,
    "forward_return": targets.forward_return,
    "forward_variance": lambda panel, horizon, entry: targets.forward_variance(panel, horizon),
    "three_class": targets.three_class,
    "volatility_regime": lambda *terms: targets.volatility_regime(*terms, lookback=60),
}
REACH = dict.fromkeys(LABELS, HORIZON + 1) | {"forward_variance": HORIZON}  # nobody waits for a fill


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_feature_knows_the_future(panel, name):
    assert_causal(FUNCTIONS[name], panel, dates=panel["date"].to_numpy()[[150, 270, -2]])


@pytest.mark.parametrize("name", SCALERS)
def test_no_scaler_knows_what_comes_after_its_training(panel, name):
    assert_causal(SCALERS[name], panel, dates=panel["date"].to_numpy()[list(LATER)])


@pytest.mark.parametrize("benchmark", [True, False])
@pytest.mark.parametrize("entry", ["next_open", "next_close"])
@pytest.mark.parametrize("name", LABELS)
def test_a_label_looks_as_far_as_it_says_and_no_further(whole, name, entry, benchmark):
    given = whole if benchmark else whole.drop_vars("benchmark")
    days = given["date"].to_numpy()[[150, -2]]
    assert_causal(lambda p: LABELS[name](p, HORIZON, entry), given, dates=days, lookahead=REACH[name])


def test_nothing_was_forgotten():
    choices = {"select_by_correlation"}  # gives names, not values, and is told what training is
    assert {name.partition(",")[0] for name in FUNCTIONS} == set(features.__all__) - choices
    assert set(LABELS) == set(targets.__all__) - {"Fold", "WalkForward"}
    for recipe in (recipes.PRICE_ONLY, recipes.ENGINEERED_24, recipes.LSTM_ALPHA, recipes.DEEPALPHA):
        assert set(recipe) <= set(EVERY)


# --- leaks that must be caught --------------------------------------------------------------------------------------


def tomorrows(panel: xr.Dataset) -> xr.DataArray:
    return panel["close"].shift(date=-1)


def column(panel: xr.Dataset) -> xr.Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(COLUMNS, "tomorrow", Column(("close",), "the next close", lambda p: tomorrows(p.panel)))
        return build_features(panel, ["rsi_14", "rank_tomorrow"])


def universe_of_survivors(panel: xr.Dataset) -> xr.Dataset:
    lives = np.isfinite(panel["close"].isel(date=-1, drop=True)) & (panel["volume"] >= 0)
    return build_features(panel, ["rank_rsi_14"], lives.transpose("date", "asset"))


def beta_to_tomorrow(panel: xr.Dataset) -> xr.DataArray:
    return features.beta(panel, market_return(panel).shift(date=-1), window=60)


def scaler_fitted_on_all(panel: xr.Dataset) -> xr.Dataset:
    table = few(panel)
    return Fitted().fit_transform(table, xr.ones_like(table["date"], dtype=bool))


LEAKS = [column, universe_of_survivors, beta_to_tomorrow, scaler_fitted_on_all]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_planted_leak_is_caught(panel, leak):
    with pytest.raises(LookAheadError):
        assert_causal(leak, panel, dates=panel["date"].to_numpy()[[240, -2]])


@pytest.mark.parametrize("entry", ["next_open", "next_close"])
@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_caught_where_it_is_allowed_a_session_less(whole, name, entry):
    with pytest.raises(LookAheadError):
        assert_causal(lambda p: LABELS[name](p, HORIZON, entry), whole, lookahead=REACH[name] - 1)
