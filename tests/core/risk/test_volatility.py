"""Variance forecasts against arch, pandas, statsmodels and plain loops; ranges of paths whose truth is known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from arch.univariate import GARCH, EWMAVariance, ZeroMean
from scipy import stats

from dlcore.markets import load_panel
from dlcore.markets.panel import build_panel
from dlcore.risk import ewma_variance, garch_variance, har_variance, range_variance, variance_loss, variance_table
from dlcore.risk.garch import Garch, fit_garch, next_variances


def series(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {"date": pd.bdate_range("2000-01-03", periods=len(values))}, ("date",))


@pytest.fixture(scope="module")
def returns() -> xr.DataArray:
    """1,500 days of a GARCH(1,1) with ω = 2e-6, α = 0.08, β = 0.9."""
    rng = np.random.default_rng(11)
    values, variance = np.empty(1500), 1e-4
    for t, shock in enumerate(rng.standard_normal(1500)):
        values[t] = np.sqrt(variance) * shock
        variance = 2e-6 + 0.08 * values[t] ** 2 + 0.9 * variance
    return series(values)


def test_ewma_is_the_weighted_mean_and_ends_as_riskmetrics(returns):
    forecast = ewma_variance(returns, decay=0.94).to_numpy()
    assert np.isnan(forecast[:16]).all()
    assert np.isfinite(forecast[16:]).all()
    x = returns.to_numpy()
    for t in (16, 40, 1499):
        weights = 0.94 ** np.arange(t, -1, -1.0)
        assert forecast[t] == pytest.approx((weights * x[: t + 1] ** 2).sum() / weights.sum(), rel=1e-12)
    theirs = ZeroMean(x, volatility=EWMAVariance(0.94), rescale=False).fit(disp="off").conditional_volatility ** 2
    np.testing.assert_allclose(forecast[599:-1], theirs[600:], rtol=1e-9)
    np.testing.assert_allclose(ewma_variance(returns, horizon=5), 5 * forecast)


def test_garch_is_archs_forecast(returns):
    forecast = garch_variance(returns, least=1000, refit=100, horizon=5)
    assert forecast.attrs == {"fits": 6, "fits_failed": 0}
    x = 100 * returns.to_numpy()
    for known in (1000, 1300):
        fitted = ZeroMean(x[:known], volatility=GARCH(1, 0, 1), rescale=False).fit(disp="off")
        theirs = fitted.forecast(horizon=5, reindex=False).variance.to_numpy().sum() / 1e4
        assert forecast.to_numpy()[known - 1] == pytest.approx(theirs, rel=1e-3)  # two optimisers at one hill
        model = ZeroMean(x, volatility=GARCH(1, 0, 1), rescale=False)
        later = model.forecast(fitted.params, horizon=5, start=known + 49, reindex=False).variance.to_numpy()[0].sum()
        assert forecast.to_numpy()[known + 49] == pytest.approx(later / 1e4, rel=1e-3)  # between two fits


def test_garch_between_fits_is_the_plain_recursion(returns):
    model = fit_garch(returns.to_numpy()[:1000])
    assert model is not None
    assert model.alpha + model.beta < 1
    variance, expected = model.first, []
    for r in returns.to_numpy()[:1050]:
        variance = model.omega + model.alpha * r**2 + model.beta * variance
        expected.append(variance)
    forecast = garch_variance(returns, least=1000, refit=1000).to_numpy()
    np.testing.assert_allclose(forecast[999:1050], expected[999:], rtol=1e-12)
    second = [v + model.omega + (model.alpha + model.beta) * v for v in expected]
    np.testing.assert_allclose(
        garch_variance(returns, least=1000, refit=1000, horizon=2).to_numpy()[999:1050], second[999:], rtol=1e-12
    )


def test_a_garch_that_is_fitted_once_runs_on_without_the_future(returns):
    x = returns.to_numpy()
    model = fit_garch(x[:1000])
    assert model is not None
    steps, variance = [], model.first
    for r in x:
        variance = model.omega + model.alpha * r**2 + model.beta * variance
        ahead = [variance]
        for _ in range(4):
            ahead.append(model.omega + (model.alpha + model.beta) * ahead[-1])
        steps.append(ahead)
    np.testing.assert_allclose(next_variances(x, model), np.array(steps)[:, 0], rtol=1e-12)
    np.testing.assert_allclose(next_variances(x, model, 5), np.sum(steps, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(next_variances(x[:1200], model, 5), next_variances(x, model, 5)[:1200])
    refitted = garch_variance(returns, least=1000, refit=1000, horizon=5).to_numpy()
    np.testing.assert_allclose(next_variances(x, model, 5)[999:], refitted[999:], rtol=1e-12)


@pytest.mark.parametrize(
    ("spoil", "horizon", "says"),
    [
        (lambda x: x, 0, "horizon=0 is not allowed: give an integer ≥ 1"),
        (lambda x: np.where(x > 0.01, np.nan, x), 1, "gaps are not allowed: give one asset's own days"),
        (lambda x: x[:, None], 1, r"shape \(1500, 1\) with 0 gaps are not allowed"),
    ],
)
def test_a_garch_path_refuses_gaps_and_no_horizon(returns, spoil, horizon, says):
    with pytest.raises(ValueError, match=says):
        next_variances(spoil(returns.to_numpy()), Garch(2e-6, 0.08, 0.9, 1e-4), horizon)


def test_garch_does_not_depend_on_the_unit_and_finds_what_was_planted(returns):
    forecast = garch_variance(returns, least=1000, refit=500)
    scaled = garch_variance(1000 * returns, least=1000, refit=500)
    np.testing.assert_allclose(scaled, 1e6 * forecast, rtol=1e-6)
    model = fit_garch(returns.to_numpy())
    assert model is not None
    assert model.alpha == pytest.approx(0.08, abs=0.04)  # two standard errors or so
    assert model.beta == pytest.approx(0.90, abs=0.06)


def test_a_fit_that_fails_gives_no_forecast_and_is_counted():
    forecast = garch_variance(series(np.zeros(200)), least=100, refit=50)
    assert np.isnan(forecast).all()
    assert forecast.attrs == {"fits": 3, "fits_failed": 3}


@pytest.mark.parametrize("horizon", [1, 5])
def test_har_is_the_regression_of_statsmodels(returns, horizon):
    measured, target = np.abs(returns.to_numpy()) / 50, returns.to_numpy() ** 2
    ours = har_variance(series(measured), target=series(target), horizon=horizon, least=200, refit=1)
    frame = pd.Series(measured)
    rows = sm.add_constant(pd.concat([frame, frame.rolling(5).mean(), frame.rolling(22).mean()], axis=1).to_numpy())
    for t in (21 + 199 + horizon, 700):
        passed = np.arange(21, t - horizon + 1)
        sums = np.array([target[s + 1 : s + 1 + horizon].sum() for s in passed])
        expected = sm.OLS(sums, rows[passed]).fit().predict(rows[t])[0]
        assert ours.to_numpy()[t] == pytest.approx(expected, rel=1e-8)
    assert np.isnan(ours.to_numpy()[: 21 + 199 + horizon]).all()


def test_har_replaces_what_a_line_cannot_mean():
    rng = np.random.default_rng(0)
    measured = rng.uniform(1, 2, 300)
    measured[250] = 1000.0
    forecast = har_variance(series(measured), least=200, refit=1000)
    assert forecast.attrs["replaced"] >= 1
    assert forecast.to_numpy()[250] == pytest.approx(measured[22:222].mean())
    assert (forecast.to_numpy()[221:] <= measured[22:222].max()).all()


def brownian_bars(days: int, volatility: float, ticks: int, seed: int) -> xr.Dataset:
    """Days of a random walk seen at every tick, with a night of half the day's variance before each."""
    rng = np.random.default_rng(seed)
    inside = volatility * np.sqrt(2 / 3 / ticks) * rng.standard_normal((days, ticks))
    night = volatility * np.sqrt(1 / 3) * rng.standard_normal(days)
    start = np.cumsum(night) + np.concatenate([[0], np.cumsum(inside.sum(axis=1))[:-1]])
    path = start[:, None] + np.cumsum(np.pad(inside, ((0, 0), (1, 0))), axis=1)  # (days, ticks + 1)
    dates = pd.date_range("2000-01-01", periods=days)
    fields = {"open": path[:, 0], "high": path.max(axis=1), "low": path.min(axis=1), "close": path[:, -1]}
    attrs = dict.fromkeys(("source", "adjustment", "licence", "retrieved_at"), "test") | {"calendar": "24/7"}
    return build_panel({k: pd.DataFrame({"W": np.exp(v)}, index=dates) for k, v in fields.items()}, attrs)


@pytest.mark.parametrize("method", ["garman_klass", "parkinson", "rogers_satchell"])
def test_ranges_measure_the_variance_of_a_random_walk(method):
    measured = range_variance(brownian_bars(1500, 0.02, 1000, 3), method).to_numpy()[1:, 0]
    truth, error = 0.02**2, measured.std() / np.sqrt(len(measured))
    assert np.isnan(range_variance(brownian_bars(5, 0.02, 10, 3), method).to_numpy()[0, 0])
    assert truth * 0.96 - 3.3 * error < measured.mean() < truth + 3.3 * error  # 1,000 ticks see too small a range
    squares = 0.02**2 * stats.chi2.var(1) ** 0.5
    assert measured.std() < 0.75 * squares  # less noise than a squared return


def test_ranges_of_one_bar_by_hand():
    panel = load_panel("us-tech-5")
    measured = {m: range_variance(panel, m) for m in ("garman_klass", "parkinson", "rogers_satchell")}
    bar = {f: float(panel[f].sel(asset="IBM")[100]) for f in ("open", "high", "low", "close")}
    night = np.log(bar["open"] / float(panel["close"].sel(asset="IBM")[99])) ** 2
    h, l, c = (np.log(bar[f] / bar["open"]) for f in ("high", "low", "close"))  # noqa: E741
    expected = {
        "garman_klass": 0.5 * (h - l) ** 2 - (2 * np.log(2) - 1) * c**2,
        "parkinson": (h - l) ** 2 / (4 * np.log(2)),
        "rogers_satchell": h * (h - c) + l * (l - c),
    }
    for method, value in expected.items():
        assert float(measured[method].sel(asset="IBM")[100]) == pytest.approx(value + night, rel=1e-12)


def test_a_bar_out_of_order_has_no_range():
    panel = brownian_bars(10, 0.02, 50, 1)
    panel["high"][4, 0] = float(panel["close"][4, 0]) * 0.99
    assert np.flatnonzero(np.isnan(range_variance(panel).to_numpy()[:, 0])).tolist() == [0, 4]
    assert (range_variance(load_panel("us-tech-5")).fillna(0) >= 0).all()


def test_losses_by_hand_and_their_minimum_at_the_truth():
    forecast, measured = series(np.array([2.0, 4.0, 0.0, 1.0])), series(np.array([9.0, 1.0, 0.0, 3.0]))
    np.testing.assert_allclose(variance_loss(forecast, measured), [np.log(2) + 0.5, np.log(4), np.nan, np.nan])
    np.testing.assert_allclose(variance_loss(forecast, measured, loss="mse"), [1, 16, np.nan, np.nan])
    np.testing.assert_allclose(variance_loss(forecast, measured, horizon=2, loss="mse"), [1, 1, np.nan, np.nan])
    rng = np.random.default_rng(4)
    truth = np.exp(rng.normal(0, 0.5, 4000))
    noisy = series(np.concatenate([[1.0], truth[:-1] * rng.chisquare(1, 3999)]))
    table = variance_table({f"{k:g}": series(k * truth) for k in (0.6, 0.8, 1, 1.25, 1.6)}, noisy)
    assert table["method"][0] == "1"
    assert table["behind"][0] == 0
    assert table.set_index("method")["mse"].idxmin() == "1"
    assert table.set_index("method").loc["1.6", "bias"] == pytest.approx(1.6, rel=0.1)


def test_the_table_compares_on_equal_days(returns):
    measured = returns**2
    late = measured.rolling(date=400).mean()
    table = variance_table({"late": late, "ewma": ewma_variance(returns)}, measured, horizon=5)
    assert (table["days"] == 1500 - 399 - 5).all()


def test_on_a_garch_market_garch_is_the_best(returns):
    measured = returns**2
    forecasts = {"garch": garch_variance(returns), "rolling": measured.rolling(date=250).mean()}
    forecasts["constant"] = 0 * measured + float(measured[:500].mean())
    assert variance_table(forecasts, measured)["method"][0] == "garch"


def test_har_and_garch_beat_a_rolling_mean_on_the_sp500():
    panel = load_panel("indices").sel(asset=["SP500"])
    close = np.log(panel["close"]).dropna("date").isel(asset=0, drop=True)
    returns = close - close.shift(date=1)
    measured, ranges = returns**2, range_variance(panel).isel(asset=0, drop=True).sel(date=returns["date"])
    forecasts = {
        "HAR on ranges": har_variance(ranges, target=measured),
        "GARCH": garch_variance(returns, refit=500),
        "EWMA": ewma_variance(returns),
        "rolling": measured.rolling(date=250).mean(),
    }
    table = variance_table(forecasts, measured)
    assert table["method"].tolist() == ["HAR on ranges", "GARCH", "EWMA", "rolling"]
    assert float(ranges.mean() / measured.mean()) == pytest.approx(0.62, abs=0.005)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: ewma_variance(x, decay=1.0), "decay=1.0 is not allowed: give a number above 0 and below 1"),
        (lambda x: ewma_variance(x, horizon=0), "horizon=0 is not allowed: give an integer ≥ 1"),
        (lambda x: garch_variance(x, least=50), "least=50 is not allowed: give an integer ≥ 100"),
        (lambda x: garch_variance(x, refit=0), "refit=0 is not allowed"),
        (lambda x: har_variance(x), "measured=-.* is not allowed: give variances ≥ 0"),
        (lambda x: har_variance(x**2, target=x), "target=-.* is not allowed"),
        (lambda x: variance_loss(x, x**2), "forecast=-.* is not allowed: variances are ≥ 0"),
        (lambda x: variance_loss(x**2, x**2, loss="mape"), "loss='mape' is not allowed: give one of qlike, mse"),
        (lambda x: variance_table({}, x**2), "no forecasts: give at least one"),
        (lambda x: variance_table({"a": 0 * x}, x**2), "share no day"),
        (lambda x: range_variance(load_panel("us-large-20")), "the panel has no open"),
        (lambda x: range_variance(load_panel("us-tech-5"), "close"), "method='close' is not allowed"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(returns, call, says):
    with pytest.raises(ValueError, match=says) as refusal:
        call(returns)
    assert "\n" not in str(refusal.value)
