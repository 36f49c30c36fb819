"""Diebold–Mariano against statsmodels' regression on a constant, and the size that it really has."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from dlcore.evaluation import diebold_mariano


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize(("kernel", "name"), [("rectangular", "uniform"), ("bartlett", "bartlett")])
def test_it_is_a_regression_on_a_constant_corrected_for_size(horizon, kernel, name):
    a, b = np.random.default_rng(0).standard_normal((2, 120)) ** 2
    found = diebold_mariano(a, b, horizon=horizon, kernel=kernel)
    cov = {"maxlags": horizon - 1, "kernel": name, "use_correction": False}
    plain = sm.OLS(a - b, np.ones(120)).fit(cov_type="HAC", cov_kwds=cov).tvalues[0]
    corrected = plain * np.sqrt((121 - 2 * horizon + horizon * (horizon - 1) / 120) / 120)
    assert found.statistic == pytest.approx(corrected, rel=1e-10)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(corrected), 119), rel=1e-8)
    assert found.difference == pytest.approx(np.mean(a - b))
    assert found.reason == ""


def test_one_step_ahead_it_is_students_paired_test():
    a, b = np.random.default_rng(1).standard_normal((2, 25)) ** 2
    found, reference = diebold_mariano(a, b, horizon=1), stats.ttest_rel(a, b)
    assert found.statistic == pytest.approx(reference.statistic)
    assert found.p_value == pytest.approx(reference.pvalue)


def test_swapping_the_forecasts_turns_the_sign_and_gaps_keep_their_length():
    a, b = np.random.default_rng(2).standard_normal((2, 60))
    a[[3, 30]] = np.nan
    there, back = diebold_mariano(a, b, horizon=3), diebold_mariano(pd.Series(b), pd.Series(a), horizon=3)
    assert there.statistic == pytest.approx(-back.statistic)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.n == 58
    packed = diebold_mariano(a[~np.isnan(a)], b[~np.isnan(a)], horizon=3)
    assert packed.statistic != there.statistic


def test_a_true_null_is_rejected_at_the_nominal_rate_though_the_sample_is_small():
    generator, rejected, n, horizon = np.random.default_rng(4), 0, 80, 3
    for _ in range(2000):
        d = np.convolve(generator.standard_normal(n + horizon - 1), np.ones(horizon), "valid")
        found = diebold_mariano(d, np.zeros(n), horizon=horizon)
        rejected += found.p_value < 0.05
    # the rectangular kernel is a little liberal in 80 days, even corrected: 6 to 7 %
    assert abs(rejected / 2000 - 0.065) < 3.29 * (0.065 * 0.935 / 2000) ** 0.5


def test_a_negative_variance_is_told_and_not_replaced():
    a = np.tile([1.0, -1.0], 20) + np.linspace(0, 0.1, 40)
    found = diebold_mariano(a, np.zeros(40), horizon=2)
    assert np.isnan(found.statistic)
    assert np.isnan(found.p_value)
    assert 'kernel="bartlett"' in found.reason
    assert np.isfinite(diebold_mariano(a, np.zeros(40), horizon=2, kernel="bartlett").statistic)


@pytest.mark.parametrize(
    ("a", "settings", "says"),
    [
        (np.arange(9.0), {"horizon": 5}, "share 9 days: give at least 10 for horizon=5"),
        (np.ones(9), {"horizon": 1}, "always differ by 1"),
        (np.ones((9, 2)), {"horizon": 1}, "give .n,., the mean over assets"),
        (np.arange(9.0), {"horizon": 1, "kernel": "parzen"}, "kernel='parzen'"),
    ],
)
def test_bad_input_is_refused(a, settings, says):
    with pytest.raises(ValueError, match=says):
        diebold_mariano(a, np.zeros_like(a), **settings)
