"""Accuracy of signs: by pencil, by a statsmodels regression with clusters, and on days that move as one."""

import numpy as np
import pytest
import statsmodels.api as sm

from dlcore.evaluation import direction_accuracy


def test_by_pencil():
    found = direction_accuracy([1, -1, 2, 0, np.nan, 1], [0.1, 0.2, 0.3, 0.1, 0.1, 0.0], horizon=1)
    assert (found.n, found.left_out, found.dates) == (3, 2, 3)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.base_rate == 1
    assert found.error_binomial == pytest.approx(np.sqrt(2 / 9 / 3))
    assert np.isnan(found.error_hac)


def test_falling_markets_have_a_base_rate_too():
    assert direction_accuracy([1.0, 1.0, 1.0], [-1.0, -1.0, 1.0], horizon=1).base_rate == pytest.approx(2 / 3)


def test_the_error_of_a_series_is_newey_wests():
    rng = np.random.default_rng(0)
    said, came = np.sign(rng.standard_normal((2, 500))) * 0.01
    found = direction_accuracy(said, came, horizon=5)
    cov = {"maxlags": 20, "use_correction": False}
    fit = sm.OLS((said == came).astype(float), np.ones(500)).fit(cov_type="HAC", cov_kwds=cov)
    assert found.error_hac == pytest.approx(fit.bse[0], rel=1e-10)
    edge = (said == came).astype(float) - (came == (1 if (came > 0).sum() >= 250 else -1) * 0.01)
    fit = sm.OLS(edge, np.ones(500)).fit(cov_type="HAC", cov_kwds=cov)
    assert found.t_over_base == pytest.approx(fit.tvalues[0], rel=1e-10)


def test_a_market_that_moves_as_one_is_one_observation_a_day():
    rng = np.random.default_rng(0)
    days = rng.standard_normal((1000, 1))
    said, came = np.repeat(rng.standard_normal((1000, 1)), 50, axis=1), np.repeat(days, 50, axis=1)
    found = direction_accuracy(said, came, horizon=1)
    assert found.n == 50_000
    assert found.error_hac == pytest.approx(found.error_binomial * 50**0.5, rel=0.2)
    alone = direction_accuracy(*rng.standard_normal((2, 1000, 50)), horizon=1)
    assert alone.error_hac == pytest.approx(alone.error_binomial, rel=0.2)


def test_always_up_is_its_own_base():
    came = np.random.default_rng(0).standard_normal(300) + 0.3
    found = direction_accuracy(np.ones(300), came, horizon=1)
    assert found.accuracy == found.base_rate > 0.5
    assert np.isnan(found.t_over_base)


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="no pair with two signs"):
        direction_accuracy([0.0, 1.0], [1.0, 0.0], horizon=1)
    with pytest.raises(ValueError, match="horizon=0"):
        direction_accuracy([1.0], [1.0], horizon=0)
