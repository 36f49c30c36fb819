"""Sharpe ratios and luck: the worked example of the deflated Sharpe ratio, and simulations of every claim."""

import numpy as np
import pytest
from scipy import stats

from dlcore.evaluation import (
    deflated_sharpe,
    expected_maximum_sharpe,
    probabilistic_sharpe,
    sharpe,
    sharpe_standard_error,
)
from dlcore.evaluation.luck import Moments, _moments, _probability


def test_the_worked_example_of_bailey_and_lopez_de_prado():
    """The 2014 paper, "A numerical example": annual Sharpe 2.5 on 250 days, 1,250 days, 100 trials, V = 1/2."""
    bar = expected_maximum_sharpe(trials=100, variance=0.5 / 250)
    assert bar == pytest.approx(0.1132, abs=5e-5)
    found = _probability(Moments(1250, 2.5 / 250**0.5, -3.0, 10.0), bar)
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_the_moments_are_scipys_and_the_kurtosis_of_a_normal_is_three():
    x = np.random.default_rng(0).standard_t(4, 500) + 0.1
    m = _moments(x)
    assert m.skewness == pytest.approx(stats.skew(x))
    assert m.kurtosis == pytest.approx(stats.kurtosis(x, fisher=False))
    assert _moments(np.random.default_rng(0).standard_normal(100_000)).kurtosis == pytest.approx(3, abs=0.1)


def test_by_hand():
    x = np.random.default_rng(0).standard_normal(250) * 0.01 + 0.001
    s, skew, kurt = x.mean() / x.std(ddof=1), stats.skew(x), stats.kurtosis(x, fisher=False)
    lo = np.sqrt((1 + s**2 / 2) / 250 * 252)
    mertens = np.sqrt((1 + s**2 / 2 - skew * s + (kurt - 3) / 4 * s**2) / 250 * 252)
    assert sharpe_standard_error(x, method="lo") == pytest.approx(lo)
    assert sharpe_standard_error(x) == pytest.approx(mertens)
    z = (sharpe(x) - 0.5) / (mertens * np.sqrt(250 / 249))
    assert probabilistic_sharpe(x, benchmark=0.5) == pytest.approx(stats.norm.cdf(z))


def test_four_years_leave_an_error_of_one_half():
    x = np.random.default_rng(0).standard_normal(1008) * 0.01 + 0.0006
    assert sharpe_standard_error(x) == pytest.approx(0.5, abs=0.02)


def test_mertens_knows_about_fat_and_skewed_tails_and_lo_does_not():
    rng = np.random.default_rng(1)
    crashes = rng.standard_normal((3000, 500)) * 0.5 - 3 * (rng.random((3000, 500)) < 0.03) + 0.5
    ratios = crashes.mean(axis=1) / crashes.std(axis=1, ddof=1) * 252**0.5
    mertens, lo = (np.mean([sharpe_standard_error(x, method=m) for x in crashes[:300]]) for m in ("mertens", "lo"))
    assert mertens == pytest.approx(ratios.std(), rel=0.05)
    assert lo < 0.9 * ratios.std()


@pytest.mark.parametrize(("trials", "tolerance"), [(5, 0.08), (20, 0.03), (100, 0.02), (1000, 0.02)])
def test_the_expected_maximum_is_that_of_normal_draws(trials, tolerance):
    best = np.random.default_rng(2).standard_normal((4000, trials)).max(axis=1).mean()
    assert expected_maximum_sharpe(trials=trials, variance=1.0) == pytest.approx(best, rel=tolerance)
    assert expected_maximum_sharpe(trials=trials, variance=4.0) == pytest.approx(2 * best, rel=tolerance)


def test_the_best_of_many_worthless_strategies_looks_real_until_it_is_deflated():
    rng = np.random.default_rng(3)
    real = deflated = 0
    for _ in range(200):
        returns = rng.standard_normal((50, 500)) * 0.01
        ratios = returns.mean(axis=1) / returns.std(axis=1, ddof=1) * 252**0.5
        best = returns[ratios.argmax()]
        real += probabilistic_sharpe(best) > 0.95
        deflated += deflated_sharpe(best, trials=50, variance=float(ratios.var(ddof=1))) > 0.95
    assert real / 200 > 0.8
    assert deflated / 200 < 0.05 + 3.29 * (0.05 * 0.95 / 200) ** 0.5


def test_one_trial_deflates_nothing():
    x = np.random.default_rng(0).standard_normal(100)
    assert deflated_sharpe(x, trials=1, variance=3.0) == probabilistic_sharpe(x)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: sharpe_standard_error([0.1, 0.1]), "constant"),
        (lambda: sharpe_standard_error([0.1, 0.2], method="normal"), "method='normal'"),
        (lambda: probabilistic_sharpe([0.1, 0.2], benchmark=np.nan), "benchmark=nan"),
        (lambda: expected_maximum_sharpe(trials=0, variance=1.0), "trials=0"),
        (lambda: expected_maximum_sharpe(trials=2.5, variance=1.0), "trials=2.5"),
        (lambda: deflated_sharpe([0.1, 0.2], trials=5, variance=-1.0), "variance=-1.0"),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
