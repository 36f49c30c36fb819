"""The Brier score and its parts, and the calibration curve, against scikit-learn, statsmodels and sums of squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve as reference_curve
from sklearn.metrics import brier_score_loss
from statsmodels.stats.proportion import proportion_confint

from dlcore.evaluation import brier_score, calibration_curve


def draw(seed: int, n: int, digits: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = np.round(rng.random(n), digits)
    return p, (rng.random(n) < p**2).astype(float)


@given(st.integers(0, 10**6), st.integers(4, 200), st.integers(1, 12), st.sampled_from([1, 9]))
@settings(max_examples=60)
def test_the_parts_add_up_whatever_the_bins(seed, n, bins, digits):
    p, o = draw(seed, n, digits)
    if o.min() == o.max():
        return
    found = brier_score(p, o, bins=bins)
    assert found.score == pytest.approx(brier_score_loss(o, p))
    assert found.reliability - found.resolution + found.uncertainty == pytest.approx(found.score, abs=1e-12)
    assert found.skill == pytest.approx(1 - found.score / (o.mean() * (1 - o.mean())))


def test_murphys_parts_where_each_bin_says_one_thing():
    p = np.repeat([0.1, 0.5, 0.8], [30, 50, 20])
    o = np.concatenate([np.arange(30) < 6, np.arange(50) < 20, np.arange(20) < 17]).astype(float)
    found = brier_score(p, o, bins=100)
    share, weights = np.array([0.2, 0.4, 0.85]), np.array([0.3, 0.5, 0.2])
    assert found.reliability == pytest.approx(weights @ (np.array([0.1, 0.5, 0.8]) - share) ** 2)
    assert found.resolution == pytest.approx(weights @ (share - o.mean()) ** 2)
    assert found.uncertainty == pytest.approx(0.43 * 0.57)


def test_a_calibrated_forecast_has_no_reliability_term():
    rng = np.random.default_rng(0)
    p = rng.random(50_000)
    assert brier_score(p, rng.random(50_000) < p).reliability < 1e-4
    assert brier_score(np.sqrt(p), rng.random(50_000) < p).reliability > 0.02


def test_the_curve_is_scikit_learns_and_its_interval_wilsons():
    p, o = draw(0, 1000)
    found = calibration_curve(p, o, bins=10)
    share, said = reference_curve(o, p, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found["probability"], said)
    np.testing.assert_allclose(found["frequency"], share)
    assert (found["count"] == 100).all()
    lower, upper = proportion_confint(share * 100, 100, method="wilson")
    np.testing.assert_allclose(found[["lower", "upper"]].T, [lower, upper], rtol=1e-6)


def test_equal_probabilities_share_a_bin():
    p = np.repeat([0.2, 0.6, 0.7], [97, 2, 1])
    found = calibration_curve(p, np.ones(100), bins=10)
    assert found["count"].sum() == 100
    assert found["probability"].iloc[0] == pytest.approx(0.2)
    assert found["count"].tolist() == [97, 3]


@pytest.mark.parametrize(
    ("p", "o", "says"),
    [
        ([0.1, 1.2], [0, 1], "probability=1.2 is not allowed"),
        ([0.1, 0.2], [0, 2], "outcome=2 is not allowed"),
        ([0.1, 0.2], [1, 1], "all 2 outcomes are 1"),
        ([0.1, np.nan], [np.nan, 1], "no place where neither is NaN"),
        ([0.1], [1, 0], "shape"),
    ],
)
def test_bad_input_is_refused(p, o, says):
    with pytest.raises(ValueError, match=says):
        brier_score(p, o)
    with pytest.raises(ValueError, match="bins=0"):
        calibration_curve([0.1], [1], bins=0)
