"""Regimes against pandas, statsmodels and simulated truth; detectors against their stated rates."""

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from dlcore.evaluation.leaks import LookAheadError, assert_causal
from dlcore.features import market_return, volatility
from dlcore.features.regimes import (
    cusum,
    lookahead_smoothed_regimes,
    past_zscore,
    run_lengths,
    switching_regimes,
    volatility_terciles,
)
from dlcore.features.regimes.kernels import hamilton_filter, kim_smoother
from dlcore.features.regimes.markov import first_guess, fit_switching, steady_state
from dlcore.markets import load_panel


def series(values: np.ndarray, start: str = "2000-01-03") -> xr.DataArray:
    dates = pd.date_range(start, periods=len(values), freq="h")
    return xr.DataArray(np.asarray(values, dtype=float), {"date": dates}, ("date",), "series")


def switching_returns(rng, length: int, scale=(0.006, 0.02), stay=0.985) -> tuple[np.ndarray, np.ndarray]:
    """Returns, and the states that made them."""
    state = np.zeros(length, dtype=int)
    for t in range(1, length):
        state[t] = state[t - 1] if rng.random() < stay else rng.integers(len(scale))
    return np.array(scale)[state] * rng.standard_normal(length), state


# --- terciles ---------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), window=st.sampled_from([None, 12]))
def test_terciles_are_held_against_the_past(seed, window):
    rng = np.random.default_rng(seed)
    values = rng.random((40, 2)).round(1)
    values[rng.random((40, 2)) < 0.1] = np.nan
    both = xr.DataArray(values, {"date": series(np.zeros(40))["date"], "asset": ["A", "B"]}, ("date", "asset"))
    found = volatility_terciles(both, window=window, minimum=8).to_numpy()
    for t in range(40):
        for j in range(2):
            past = values[max(t + 1 - (window or 40), 0) : t + 1, j]
            past = past[np.isfinite(past)]
            if len(past) < 8 or np.isnan(values[t, j]):
                assert np.isnan(found[t, j])
            else:
                low, high = np.quantile(past, [1 / 3, 2 / 3])
                allowed = {
                    int(values[t, j] > low * f) + int(values[t, j] > high * f) for f in (1 - 1e-12, 1, 1 + 1e-12)
                }
                assert found[t, j] in allowed


# --- the switching model ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def index() -> xr.DataArray:
    return market_return(load_panel("us-large-20", "2005-01-01", "2012-12-31")).isel(date=slice(1, None))


@pytest.mark.parametrize("states", [2, 3])
def test_filter_and_smoother_are_those_of_statsmodels(index, states):
    returns = index.to_numpy()
    fit = first_guess(returns, states)
    fit.transition[:] = np.random.default_rng(states).dirichlet(np.ones(states), states)
    begin = steady_state(fit.transition)
    filtered, predicted, log_likelihood = hamilton_filter(returns, fit.mean, fit.variance, fit.transition, begin)
    smoothed, _ = kim_smoother(filtered, predicted, fit.transition)
    model = MarkovRegression(returns, states, switching_variance=True)
    to_each_but_the_last = fit.transition[:, :-1].T.ravel()
    oracle = model.smooth(np.concatenate([to_each_but_the_last, fit.mean, fit.variance]))
    np.testing.assert_allclose(filtered, oracle.filtered_marginal_probabilities, atol=1e-10)
    np.testing.assert_allclose(smoothed, oracle.smoothed_marginal_probabilities, atol=1e-10)
    assert log_likelihood == pytest.approx(oracle.llf, abs=1e-7)


def test_the_fit_is_as_likely_as_that_of_statsmodels(index):
    returns = index.to_numpy()
    fit = fit_switching(returns, first_guess(returns, 2))
    assert fit.status == "converged"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels on its way to the maximum
        oracle = MarkovRegression(100 * returns, 2, switching_variance=True).fit()
    begin = steady_state(fit.transition)
    *_, log_likelihood = hamilton_filter(returns, fit.mean, fit.variance, fit.transition, begin)
    assert log_likelihood == pytest.approx(oracle.llf + len(returns) * np.log(100), abs=0.05)
    np.testing.assert_allclose(fit.variance * 1e4, oracle.params[-2:], rtol=0.02)
    np.testing.assert_allclose(fit.transition[:, 0], oracle.params[:2], atol=2e-3)


def test_far_outliers_and_impossible_states_leave_probabilities():
    transition, initial = np.array([[0.9, 0.1], [0.0, 1.0]]), np.array([0.0, 1.0])
    returns = np.array([0.01, 50.0, -1e6, 0.0])
    filtered, _, log_likelihood = hamilton_filter(returns, np.zeros(2), np.array([1e-4, 1e-3]), transition, initial)
    np.testing.assert_array_equal(filtered, [[0, 1]] * 4)
    assert np.isfinite(log_likelihood)


def test_the_regimes_that_made_the_returns_are_found_on_the_day():
    returns, state = switching_returns(np.random.default_rng(4), 3000)
    regimes = switching_regimes(series(returns))
    wild = regimes["probability"].to_numpy()[:, 1]
    known = np.isfinite(wild)
    assert known.sum() == 3000 - 503
    assert ((wild > 0.5) == state)[known].mean() > 0.9
    np.testing.assert_allclose(regimes["probability"].to_numpy()[known].sum(axis=1), 1)
    np.testing.assert_allclose(regimes["volatility"].to_numpy()[-1] / np.sqrt(252), [0.006, 0.02], rtol=0.1)
    assert regimes.attrs == {"fits": 119, "not_converged": "none"}


def test_each_date_has_the_last_fit_before_it():
    returns, _ = switching_returns(np.random.default_rng(5), 330)
    holes = series(returns)
    holes[[7, 250]] = np.nan
    regimes = switching_regimes(holes, refit=20, minimum=200)
    known = returns[np.isfinite(holes)]
    fit = fit_switching(known[:200], first_guess(known[:200], 2))
    later = fit_switching(known[:220], fit)
    for seen, by in ((200, fit), (219, fit), (220, later), (239, later)):
        filtered, *_ = hamilton_filter(known[:seen], by.mean, by.variance, by.transition, steady_state(by.transition))
        row = np.flatnonzero(np.isfinite(holes))[seen - 1]
        np.testing.assert_array_equal(regimes["probability"].to_numpy()[row], filtered[-1])
    assert np.isnan(regimes["probability"].to_numpy()[[0, 198, 200, 250]]).all(axis=1).tolist() == [
        True,
        True,
        False,
        True,
    ]


def test_a_fit_that_collapses_is_said_and_not_used():
    rng = np.random.default_rng(2)
    returns = rng.standard_normal(400) * 0.01
    returns[:150] = 0.0  # a state without variance
    regimes = switching_regimes(series(returns), refit=100, minimum=200)
    assert "collapsed" in regimes.attrs["not_converged"]
    assert not (regimes["converged"] == 1).any()
    assert np.isnan(regimes["probability"]).all()
    with pytest.raises(ValueError, match="400 returns do not show 2 states"):
        lookahead_smoothed_regimes(series(returns))


def test_a_fit_without_enough_steps_is_used_and_said(monkeypatch):
    monkeypatch.setattr("dlcore.features.regimes.markov.STEPS", 3)
    returns, _ = switching_returns(np.random.default_rng(6), 300)
    regimes = switching_regimes(series(returns), refit=50, minimum=200)
    assert regimes.attrs["not_converged"].count("steps") == 3
    assert (regimes["converged"].to_numpy()[199:] == 0).all()
    assert np.isfinite(regimes["probability"].to_numpy()[199:]).all()


def test_filtered_regimes_are_causal_and_smoothed_ones_are_not(index):
    panel = load_panel("us-large-20", "2008-01-01", "2009-06-30")
    assert_causal(lambda p: switching_regimes(market_return(p), minimum=150, refit=40), panel)
    assert_causal(lambda p: volatility_terciles(volatility(p, 20), minimum=60), panel)
    assert_causal(lambda p: cusum(past_zscore(market_return(p), 60)), panel)
    assert_causal(lambda p: run_lengths(past_zscore(market_return(p), 60)), panel)
    late = panel["date"].to_numpy()[[200, -2]]
    with pytest.raises(LookAheadError):
        assert_causal(lambda p: lookahead_smoothed_regimes(market_return(p)), panel, dates=late)
    assert "pictures" in lookahead_smoothed_regimes(index).attrs["look_ahead"]


# --- change detectors -------------------------------------------------------------------------------------------------


def test_the_zscore_knows_only_what_was_before():
    values = np.random.default_rng(3).standard_normal(60)
    holes = values.copy()
    holes[20] = np.nan
    z = past_zscore(series(holes), 10).to_numpy()
    known = np.delete(values, 20)
    for t in (10, 19, 20, 40):
        past = known[t - 10 : t]
        assert z[t if t < 20 else t + 1] == pytest.approx((known[t] - past.mean()) / past.std(ddof=1))
    assert np.isnan(z[[0, 9, 20]]).all()


def test_page_sums_are_those_of_a_loop():
    z = np.random.default_rng(7).standard_normal(500)
    z[300:] += 1
    found = cusum(series(z), shift=1.0, run_length=50)
    up = down = 0.0
    for t in range(500):
        up, down = max(0, up + z[t] - 0.5), max(0, down - z[t] - 0.5)
        assert (found["up"][t], found["down"][t]) == (up, down)
        if max(up, down) > found.attrs["threshold"]:
            assert found["alarm"][t] == (1 if up > down else -1)
            up = down = 0.0
        else:
            assert found["alarm"][t] == 0


@pytest.mark.parametrize(("run_length", "shift"), [(100, 1.0), (250, 0.5), (500, 2.0)])
def test_false_alarms_come_at_the_stated_rate(run_length, shift):
    z = np.random.default_rng(run_length).standard_normal(100_000)
    alarms = int((cusum(series(z), shift=shift, run_length=run_length)["alarm"] != 0).sum())
    low, high = binom.ppf([0.0005, 0.9995], 100_000, 1 / run_length)
    assert 0.88 * low <= alarms <= 1.12 * high  # Siegmund's approximation is good to about a tenth


def test_a_shift_is_found_after_about_as_long_as_theory_says():
    rng = np.random.default_rng(8)
    delays = []
    for _ in range(300):
        z = np.concatenate([rng.standard_normal(50), 1 + rng.standard_normal(200)])
        found = cusum(series(z))
        alarm = found["alarm"].to_numpy()
        if not alarm[:50].any():
            delays.append(int(np.argmax(alarm == 1)) - 49)
    a = 2 * 0.5 * (found.attrs["threshold"] + 1.166)
    theory = (np.exp(-a) + a - 1) / (2 * 0.5**2)  # Siegmund, from sums at nil; they have some lead
    assert 0.75 * theory < np.mean(delays) < 1.1 * theory


def student_log_density(x, before, kappa=0.1, alpha=2.0, beta=1.0):
    """The predictive density after the values before, from the conjugate formulas in one piece."""
    from scipy.stats import t as student

    n, before = len(before), np.asarray(before)
    mean = before.sum() / (kappa + n)
    squares = beta + 0.5 * ((before**2).sum() - (kappa + n) * mean**2)
    scale = np.sqrt(squares * (kappa + n + 1) / ((alpha + n / 2) * (kappa + n)))
    return student.logpdf(x, 2 * alpha + n, mean, scale)


def test_run_lengths_are_those_of_the_full_sum():
    rng = np.random.default_rng(9)
    z = np.concatenate([rng.standard_normal(25), 3 * rng.standard_normal(25)])
    found = run_lengths(series(z), between=20, recent=5)
    chance = np.array([])  # of n = 1, 2, … values since the change
    for t in range(50):
        prior = np.append(1 / 20 if t else 1.0, chance * (1 - 1 / 20))
        chance = prior * np.exp([student_log_density(z[t], z[t - n : t]) for n in range(t + 1)])
        chance /= chance.sum()
        assert float(found["expected_run_length"][t]) == pytest.approx(chance @ np.arange(1, t + 2), rel=1e-6)
        assert float(found["change_chance"][t]) == pytest.approx(chance[:5].sum(), rel=1e-6, abs=1e-8)


def test_chances_of_a_change_are_calibrated_where_the_model_is_true():
    rng = np.random.default_rng(10)
    chance, truth = [], []
    for _ in range(40):
        z, since = np.empty(600), np.empty(600)
        for t in range(600):
            if t == 0 or rng.random() < 1 / 100:
                variance = 1 / rng.gamma(2.0, 1.0)
                mean, n = np.sqrt(variance / 0.1) * rng.standard_normal(), 0
            n += 1
            z[t], since[t] = mean + np.sqrt(variance) * rng.standard_normal(), n
        chance.append(run_lengths(series(z), between=100, recent=10)["change_chance"].to_numpy()[10:])
        truth.append(since[10:] <= 10)
    chance, truth = np.concatenate(chance), np.concatenate(truth)
    for low, high in ((0, 0.05), (0.05, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 1.01)):
        inside = (low <= chance) & (chance < high)
        assert truth[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.08)
    assert chance[truth].mean() > 0.6
    assert chance[~truth].mean() < 0.05


def test_white_noise_has_few_recent_changes_and_a_new_variance_is_seen():
    rng = np.random.default_rng(11)
    quiet = [run_lengths(series(rng.standard_normal(1000)))["change_chance"].to_numpy()[21:] for _ in range(20)]
    assert (np.concatenate(quiet) > 0.5).mean() < 0.01
    louder = np.concatenate([rng.standard_normal(500), 3 * rng.standard_normal(100)])
    found = run_lengths(series(louder))
    assert (found["change_chance"].to_numpy()[510:520] > 0.5).all()
    assert found["expected_run_length"].to_numpy()[-1] == pytest.approx(100, abs=10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: volatility_terciles(s, minimum=2), "minimum=2 is not allowed: give an integer ≥ 3"),
        (lambda s: volatility_terciles(s, window=10, minimum=20), "window=10 is not allowed: give an integer ≥ 20"),
        (lambda s: volatility_terciles(s + np.inf), "give finite numbers or NaN"),
        (lambda s: volatility_terciles(s[::-1]), "dates are not in ascending order"),
        (lambda s: switching_regimes(s, states=4), "states=4 is not allowed: give 2 or 3"),
        (lambda s: switching_regimes(s, minimum=99), "minimum=99 is not allowed: give an integer ≥ 100"),
        (lambda s: switching_regimes(s, refit=0), "refit=0 is not allowed"),
        (lambda s: switching_regimes(0 * s, minimum=100), "the first 100 returns are all 0.0"),
        (lambda s: switching_regimes(s.expand_dims("asset")), r"a series with dims \('asset', 'date'\)"),
        (lambda s: switching_regimes(s[::-1]), "dates are not in ascending order"),
        (lambda s: lookahead_smoothed_regimes(s[:99]), "99 returns are too few"),
        (lambda s: past_zscore(s / 0), "the series is infinite at 2000-01-03"),
        (lambda s: past_zscore(s, 1), "window=1 is not allowed"),
        (lambda s: cusum(s, shift=0), "shift=0 is not allowed: give a number above 0"),
        (lambda s: cusum(s, run_length=5), "run_length=5 is not allowed: give a number above 10"),
        (lambda s: run_lengths(s, between=1), "between=1 is not allowed: give a number above 1"),
        (lambda s: run_lengths(s, recent=0), "recent=0 is not allowed"),
    ],
)
def test_wrong_arguments_are_one_line(call, message):
    values = series(np.random.default_rng(0).standard_normal(200))
    with pytest.raises(ValueError, match=message) as error:
        call(values)
    assert "\n" not in str(error.value)


def test_a_short_series_is_all_warm_up():
    short = switching_regimes(series(np.random.default_rng(0).standard_normal(50)))
    assert np.isnan(short["probability"]).all()
    assert short.attrs["fits"] == 0
