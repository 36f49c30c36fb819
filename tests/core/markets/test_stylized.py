"""The stylized facts against scipy and statsmodels, and against the numbers of Day 1."""

import warnings

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tools.sm_exceptions import InterpolationWarning
from statsmodels.tsa.stattools import acf, adfuller
from statsmodels.tsa.stattools import kpss as kpss_reference

from dlcore.markets import load_panel
from dlcore.markets.simulate import garch, random_walk
from dlcore.markets.stylized import (
    adf,
    autocorrelation,
    half_life,
    kpss,
    kurtosis,
    leverage_correlation,
    ljung_box,
    qq,
    robust_portmanteau,
    tail_index,
    volatility_clustering,
)

EIGHT = np.array([3, 4, 5, 4, 3, 4, 5, 4.0])


@pytest.fixture(scope="module")
def market():
    """Daily log returns of the S&P 500, 1999–2018, 5,030 of them."""
    close = load_panel("indices", assets=["SP500"])["close"].to_numpy()[:, 0]
    return np.diff(np.log(close))


def test_autocorrelation_by_pencil():
    rho, iid, _ = autocorrelation(EIGHT, 6)
    np.testing.assert_allclose(rho[[0, 1, 3, 5]], [0, -0.75, 0.5, -0.25], atol=1e-12)
    assert iid == pytest.approx(1.96 / np.sqrt(8))


def test_the_robust_band_sums_products():
    x = np.random.default_rng(0).standard_normal(30)
    d = x - x.mean()
    by_hand = [1.96 * np.sqrt(sum((d[t] * d[t + k]) ** 2 for t in range(30 - k))) / sum(d**2) for k in (1, 2, 3)]
    np.testing.assert_allclose(autocorrelation(x, 3).robust_band, by_hand, rtol=1e-12)


def test_autocorrelation_is_that_of_statsmodels(market):
    np.testing.assert_allclose(autocorrelation(market, 20).rho, acf(market, nlags=20, fft=False)[1:], atol=1e-12)


def test_ljung_box_is_that_of_statsmodels(market):
    reference = acorr_ljungbox(market, lags=[20]).iloc[0]
    ours = ljung_box(market, 20)
    assert ours.statistic == pytest.approx(reference["lb_stat"], rel=1e-10)
    assert ours.p_value == pytest.approx(reference["lb_pvalue"], rel=1e-6)


def test_a_batch_is_its_series():
    x = np.random.default_rng(1).standard_normal((2, 3, 100))
    for measure in (
        lambda v: autocorrelation(v, 5).robust_band,
        lambda v: robust_portmanteau(v, 5).p_value,
        leverage_correlation,
        kurtosis,
        lambda v: tail_index(v, 9),
        lambda v: qq(v).observed,
    ):
        np.testing.assert_allclose(measure(x)[1, 2], measure(x[1, 2]), rtol=1e-12)


def test_the_market_has_the_numbers_of_day_1(market):
    rho, iid, robust = autocorrelation(market, 20)
    assert len(market) == 5030
    assert (abs(rho) > iid).sum() == 8
    assert list(np.flatnonzero(abs(rho) > robust) + 1) == [1, 16]
    assert robust_portmanteau(market, 20).p_value == pytest.approx(0.033, abs=5e-4)
    assert ljung_box(market, 20).p_value < 1e-14
    assert rho[0] == pytest.approx(-0.07, abs=0.005)
    np.testing.assert_allclose(volatility_clustering(market, 20).rho[[0, 19]], [0.24, 0.24], atol=0.005)
    assert kurtosis(market) == pytest.approx(11.17, abs=0.005)
    np.testing.assert_allclose([tail_index(market, cut) for cut in (50, 100, 250)], [3.8, 3.4, 2.9], atol=0.05)


def test_the_arrow_of_time(market):
    assert leverage_correlation(market) == pytest.approx(-0.083, abs=5e-4)
    assert leverage_correlation(market[::-1]) == pytest.approx(0.003, abs=5e-4)
    np.testing.assert_allclose(autocorrelation(market[::-1], 20).rho, autocorrelation(market, 20).rho, atol=1e-14)


def test_coins_fool_the_textbook_and_not_the_robust_test(market):
    """Day 1: 97.5 % against 5.8 % of coin markets; 200 coins here, binomial 99.9 % bands."""
    coins = np.abs(market) * np.random.default_rng(5).choice([-1.0, 1.0], (200, len(market)))
    assert (ljung_box(coins, 20).p_value < 0.05).sum() >= stats.binom.ppf(5e-4, 200, 0.975)
    assert (robust_portmanteau(coins, 20).p_value < 0.05).sum() <= stats.binom.ppf(1 - 5e-4, 200, 0.058)


def test_both_tests_keep_their_size_on_independent_noise():
    noise = np.random.default_rng(6).standard_normal((2000, 500))
    low, high = stats.binom.ppf([5e-4, 1 - 5e-4], 2000, 0.05)
    for test in (ljung_box, robust_portmanteau):
        assert low <= (test(noise, 5).p_value < 0.05).sum() <= high


def test_kurtosis_is_that_of_scipy():
    x = np.random.default_rng(2).standard_t(5, 400)
    assert kurtosis(x) == pytest.approx(stats.kurtosis(x, fisher=False), rel=1e-12)


def test_tail_index_finds_a_pareto_tail():
    x = np.random.default_rng(3).pareto(3.0, 100_000) + 1
    assert tail_index(x, 2000) == pytest.approx(3.0, abs=4 * 3 / np.sqrt(2000))


def test_qq_of_a_normal_sample_is_a_line():
    pairs = qq(np.random.default_rng(4).normal(5, 3, 100_000))
    assert np.abs(pairs.observed - pairs.normal)[500:-500].max() < 0.05
    np.testing.assert_allclose(pairs.normal[0], stats.norm.ppf(0.5 / 100_000))


def test_garch_clusters_and_has_no_arrow():
    returns, _ = garch(np.random.default_rng(7).standard_normal((50, 4000)), omega=0.02, alpha=0.1, beta=0.88)
    assert volatility_clustering(returns, 1).rho.mean() > 0.1
    assert kurtosis(returns).mean() > 3.5
    arrow = leverage_correlation(returns)
    assert abs(arrow.mean()) < 3.3 * arrow.std(ddof=1) / np.sqrt(50)


def test_adf_and_kpss_are_those_of_statsmodels(market):
    walk = random_walk(np.random.default_rng(8).standard_normal(250), sigma=1)
    for x in (walk, market[:250]):
        reference = adfuller(x, autolag="AIC", result_object=True)
        ours = adf(x)
        assert (ours.statistic, ours.p_value, ours.lags) == (reference.statistic, reference.pvalue, reference.lags)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InterpolationWarning)
            bound = kpss_reference(x, nlags="auto", result_object=True)
        theirs = kpss(x)
        assert (theirs.statistic, theirs.p_value, theirs.lags) == (bound.statistic, bound.pvalue, bound.lags)
    assert adf(market).p_value < 0.01
    assert kpss(market).p_is_bound


def test_half_life():
    assert half_life(0.98) == pytest.approx(34.3, abs=0.05)
    assert half_life(0.99) == pytest.approx(69.0, abs=0.05)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: autocorrelation(np.array([1, np.nan, 2]), 1), "1 missing or infinite"),
        (lambda: autocorrelation(EIGHT, 8), "lags=8 is not allowed: give an integer from 1 to 7"),
        (lambda: autocorrelation(EIGHT, 0), "lags=0"),
        (lambda: autocorrelation(EIGHT, 1.5), r"lags=1\.5"),  # pyright: ignore[reportArgumentType] -- the point
        (lambda: autocorrelation(np.ones(5), 1), "constant"),
        (lambda: robust_portmanteau(EIGHT, 2), "lag 1 has no products"),
        (lambda: leverage_correlation(EIGHT, 7), "horizon=7"),
        (lambda: tail_index(EIGHT, 8), "cut=8"),
        (lambda: tail_index(np.array([0, 0, 0, 1.0]), 2), "smaller cut"),
        (lambda: kurtosis(np.array(3.0)), "n ≥ 2"),
        (lambda: adf(EIGHT), "n ≥ 20"),
        (lambda: kpss(np.ones(30)), "constant at 1"),
        (lambda: adf(np.full(30, np.inf)), "30 missing or infinite"),
        (lambda: half_life(1.0), r"phi=1\.0"),
    ],
)
def test_a_wrong_input_is_named(call, says):
    with pytest.raises(ValueError, match=says) as error:
        call()
    assert "\n" not in str(error.value)
