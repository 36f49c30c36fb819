"""Planted leaks are caught, each by name, and what is honest passes."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.evaluation.leaks import LookAheadError, _perturbed, assert_causal
from dlcore.features.regimes import lookahead_smoothed_regimes
from dlcore.markets import load_panel


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    return load_panel("simulated-sp500?assets=12&sessions=260&ic=0")


def log_return(panel: xr.Dataset) -> xr.DataArray:
    return np.log(panel["close"] / panel["close"].shift(date=1))


def label(panel: xr.Dataset) -> xr.Dataset:
    """Five sessions from the next open, with the interval that it uses."""
    opens = panel["open"]
    value = opens.shift(date=-6) / opens.shift(date=-1) - 1
    dates = xr.DataArray(panel["date"].to_numpy(), {"date": panel["date"]}, ("date",)).broadcast_like(value)
    return xr.Dataset({"value": value, "end": dates.shift(date=-6).where(np.isfinite(value))})


# --- leaks: each returns something that only the future can say -------------------------------------------------------


def centred_mean(panel):
    return panel["close"].rolling(date=5, center=True).mean()


def whole_sample_zscore(panel):
    close = panel["close"]
    return (close - close.mean("date")) / close.std("date")


def next_return(panel):
    return log_return(panel).shift(date=-1)


def next_close_or_todays(panel):
    """Nothing leaks on the last day, the only one that can be traded."""
    return panel["close"].shift(date=-1).fillna(panel["close"])


def smoothed_regime(panel):
    return lookahead_smoothed_regimes(log_return(panel).isel(asset=0, drop=True))["probability"]


def rank_over_time(panel):
    return panel["close"].rank("date", pct=True)


def scaler_fitted_on_all(panel):
    from sklearn.preprocessing import StandardScaler

    returns = log_return(panel).fillna(0.0)
    return returns.copy(data=StandardScaler().fit_transform(returns.to_numpy()))


def filled_backwards(panel):
    return panel["close"].bfill("date") / panel["close"].shift(date=1).bfill("date")


def survivors_only(panel):
    """Assets that trade on the last date: the others vanish from all dates."""
    return panel["close"].where(np.isfinite(panel["close"].isel(date=-1, drop=True)), drop=True)


def rows_without_holes(panel):
    """The longest label drops the newest days."""
    return panel["close"].where(np.isfinite(panel["close"].shift(date=-5))).dropna("date", how="all")


def next_days_own_move(panel):
    """Each asset's next return beyond the mean of all: a constant added to all assets would not show it."""
    ahead = log_return(panel).shift(date=-1)
    return ahead - ahead.mean("asset")


def next_benchmark(panel):
    return panel["benchmark"].shift(date=-1)


def regime_of_tomorrow(panel):
    return panel["regime"].shift(date=-1, fill_value=0)


def shares_of_all_volume(panel):
    return panel["volume"] / panel["volume"].sum("date")


LEAKS = [
    centred_mean,
    whole_sample_zscore,
    next_return,
    next_close_or_todays,
    smoothed_regime,
    rank_over_time,
    scaler_fitted_on_all,
    filled_backwards,
    survivors_only,
    rows_without_holes,
    next_days_own_move,
    next_benchmark,
    regime_of_tomorrow,
    shares_of_all_volume,
]


@pytest.fixture(scope="module")
def gappy(panel) -> xr.Dataset:
    """The same with stocks that pause, come late and go early, so that filling and dropping show."""
    close = panel["close"].copy()
    close[{"date": slice(0, 40), "asset": 1}] = np.nan
    close[{"date": slice(230, None), "asset": 2}] = np.nan
    close[{"date": -2, "asset": 4}] = np.nan
    close[{"date": slice(None, None, 3), "asset": 3}] = np.nan
    return panel.assign(close=close)


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_planted_leak_is_caught_in_one_line(gappy, leak):
    with pytest.raises(LookAheadError) as error:
        assert_causal(leak, gappy, dates=gappy["date"].to_numpy()[[150, 228, -7, -2]])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_leak_is_caught_at_the_last_day_alone(gappy, leak):
    with pytest.raises(LookAheadError):
        assert_causal(leak, gappy, dates=[gappy["date"].to_numpy()[-2]])


def test_the_error_names_feature_date_asset_and_distance(panel):
    day, after = (f"{d:%F}" for d in panel.indexes["date"][[99, 100]])
    asset = panel["asset"].to_numpy()[0]

    def peek(panel):
        peeked = panel["close"].copy()
        peeked[{"date": slice(None, -1)}] += 0.25 * panel["close"].to_numpy()[1:]
        return peeked.to_dataset(name="peek")

    expected = rf"peek at \({day}, {asset}\) goes from \S+ to \S+ \(by \S+\) when the panel is cut after {day} "
    with pytest.raises(LookAheadError, match=expected):
        assert_causal(peek, panel, dates=[day])
    with pytest.raises(LookAheadError, match=rf"when the prices of {after} are made up"):
        assert_causal(only_perturbation(peek), panel, dates=[day])


def only_perturbation(function):
    """The function, blind to a cut: it remembers the rows of the longest panel that it has seen."""
    longest = {}

    def remembering(panel):
        if panel.sizes["date"] >= longest.get("dates", 0):
            longest.update(dates=panel.sizes["date"], result=function(panel))
        return longest["result"]

    return remembering


@pytest.mark.parametrize("leak", [centred_mean, next_days_own_move, next_benchmark], ids=lambda leak: leak.__name__)
def test_made_up_prices_catch_what_cutting_alone_would_miss(panel, leak):
    with pytest.raises(LookAheadError, match="are made up"):
        assert_causal(only_perturbation(leak), panel)


def test_noise_is_of_its_own_for_each_asset_and_field(panel):
    noisy = _perturbed(panel, 200, np.random.default_rng(1))
    before, after = (one.isel(date=200)[["open", "close", "volume"]].to_array().to_numpy() for one in (panel, noisy))
    factors = (after / before)[np.isfinite(after)]
    assert len(set(factors.round(9))) == len(factors) > 25
    assert 0 < np.isnan(after).sum() < 12
    xr.testing.assert_identical(noisy.drop_isel(date=200), panel.drop_isel(date=200))


def ewm(panel):
    frame = panel["close"].to_pandas().ewm(span=10, ignore_na=True).mean()
    return panel["close"].copy(data=frame.to_numpy())


def expanding_zscore(panel):
    past = panel["close"].rolling(date=panel.sizes["date"], min_periods=20)
    return (panel["close"] - past.mean()) / past.std()


def rank_today(panel):
    return panel["close"].rank("asset", pct=True)


@pytest.mark.parametrize("honest", [log_return, ewm, expanding_zscore, rank_today], ids=lambda one: one.__name__)
def test_what_is_honest_passes(gappy, honest):
    assert_causal(honest, gappy, tolerance=1e-12)


def test_labels_may_look_as_far_as_they_say_and_no_further(panel):
    assert_causal(label, panel, lookahead=6)
    with pytest.raises(LookAheadError):
        assert_causal(label, panel, lookahead=5)
    with pytest.raises(LookAheadError, match=r"^end at .* goes from \d{4}-\d\d-\d\d to NaT when"):
        assert_causal(lambda p: label(p)[["end"]], panel, lookahead=5)


@settings(max_examples=25)
@given(ahead=st.integers(0, 8), allowed=st.integers(0, 8), seed=st.integers(0, 1000))
def test_a_lead_of_k_passes_exactly_where_k_is_allowed(panel, ahead, allowed, seed):
    def lead(panel):
        return log_return(panel).shift(date=-ahead)

    def check():
        assert_causal(lead, panel, lookahead=allowed, rng=np.random.default_rng(seed))

    if ahead <= allowed:
        check()
    else:
        with pytest.raises(LookAheadError):
            check()


def test_the_tolerance_is_a_distance(panel):
    def rounding(panel):
        return log_return(panel) + 1e-9 * panel.sizes["date"]

    with pytest.raises(LookAheadError):
        assert_causal(rounding, panel)
    assert_causal(rounding, panel, tolerance=1e-6)


def test_a_function_may_spoil_its_copy(panel):
    before = panel.copy(deep=True)

    def spoil(panel):
        panel["close"][:] = 1.0
        return panel["close"]

    assert_causal(spoil, panel)
    xr.testing.assert_identical(panel, before)


def test_what_cannot_be_judged_is_refused(panel):
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"when the function is called again .*: seed it, or give a tolerance"):
        assert_causal(lambda p: p["close"] + rng.random(), panel)
    with pytest.raises(ValueError, match="says nothing on 260 dates that could be compared: give a longer panel"):
        assert_causal(lambda p: p["close"].where(False), panel)
    with pytest.raises(ValueError, match="gives a Dataset without dates"):
        assert_causal(lambda p: p.mean("date"), panel)
    with pytest.raises(ValueError, match="lookahead=-1 is not allowed"):
        assert_causal(log_return, panel, lookahead=-1)
    with pytest.raises(ValueError, match="tolerance=nan is not allowed"):
        assert_causal(log_return, panel, tolerance=float("nan"))
    for date in (panel["date"].to_numpy()[-1], panel["date"].to_numpy()[0], pd.Timestamp("1999-01-01")):
        with pytest.raises(ValueError, match="is not allowed: give sessions of the panel from"):
            assert_causal(log_return, panel, dates=[date])
    with pytest.raises(LookAheadError, match="is given by one call and not by the other"):
        assert_causal(lambda p: p[["close", "open"][: 1 + (p.sizes["date"] == 260)]], panel)
