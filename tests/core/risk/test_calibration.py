"""Probabilities against scikit-learn and plain searches, and the way through JSON and back."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import expit, log_softmax
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from dlcore.risk import calibrator_from_json, fit_isotonic, fit_platt, fit_temperature


def scored(n: int, seed: int, slope: float = 1.5, shift: float = -0.4) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and outcomes whose chance is expit(slope · score + shift)."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, n)
    return scores, (rng.random(n) < expit(slope * scores + shift)).astype(int)


@settings(max_examples=25)
@given(n=st.integers(20, 400), scale=st.sampled_from([1e-3, 1, 1e3]), seed=st.integers(0, 10**6))
def test_platt_is_scikit_learns(n, scale, seed):
    scores, outcomes = scored(n, seed)
    outcomes[:2] = 0, 1
    ours = fit_platt(scale * scores, outcomes)
    theirs = _SigmoidCalibration().fit(scale * scores, outcomes)
    np.testing.assert_allclose(ours(scale * scores), theirs.predict(scale * scores), atol=2e-4)

    def loss(slope: float, intercept: float) -> float:
        positive, logit = outcomes.sum(), slope * scores + intercept
        target = np.where(outcomes == 1, (positive + 1) / (positive + 2), 1 / (n - positive + 2))
        return float((np.logaddexp(0, logit) - target * logit).mean())

    assert loss(ours.slope * scale, ours.intercept) <= loss(-theirs.a_ * scale, -theirs.b_) + 1e-9


def test_platt_finds_what_was_planted_and_separable_scores_stay_finite():
    fitted = fit_platt(*scored(40_000, 1))
    assert fitted.slope == pytest.approx(1.5, abs=0.06)
    assert fitted.intercept == pytest.approx(-0.4, abs=0.06)
    scores = np.linspace(-1, 1, 100)
    assert 0.9 < fit_platt(scores, scores > 0)(np.array(1.0)) < 1
    assert fit_platt(np.zeros(30), np.arange(30) % 3 == 0)(np.array(0.0)) == pytest.approx(11 / 12 / 3 + 2 / 3 / 22)


@settings(max_examples=25)
@given(n=st.integers(2, 300), seed=st.integers(0, 10**6))
def test_isotonic_is_scikit_learns_and_rises(n, seed):
    scores, outcomes = scored(n, seed)
    outcomes[:2] = 0, 1
    scores = scores.round(1)  # ties
    grid = np.linspace(-9, 9, 400)
    theirs = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, outcomes)
    ours = fit_isotonic(scores, outcomes)(grid)
    np.testing.assert_allclose(ours, theirs.predict(grid), atol=1e-12)
    assert (np.diff(ours) >= 0).all()
    assert ours.min() >= 0
    assert ours.max() <= 1


@settings(max_examples=25)
@given(truth=st.floats(0.1, 20), classes=st.integers(2, 5), seed=st.integers(0, 10**6))
def test_temperature_is_the_best_of_a_search(truth, classes, seed):
    rng = np.random.default_rng(seed)
    logits = truth * rng.normal(0, 1.5, (3000, classes))
    came = (logits / truth + rng.gumbel(size=logits.shape)).argmax(axis=1)
    fitted = fit_temperature(logits, came).temperature

    def loss(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[np.arange(3000), came].mean()

    found = optimize.minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-10})
    assert np.log(fitted) == pytest.approx(found.x, abs=1e-5)
    assert fitted == pytest.approx(truth, rel=0.25)


def test_temperature_keeps_the_order_and_sums_to_one():
    logits = np.random.default_rng(0).normal(0, 30, (50, 3, 4))
    probabilities = calibrator_from_json('{"kind": "Temperature", "temperature": 2.5}')(logits)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1)
    np.testing.assert_array_equal(probabilities.argmax(axis=-1), logits.argmax(axis=-1))


def test_calibration_mends_scores_that_are_too_sure():
    """Expected calibration error on days that were not fitted: the point of it all."""
    scores, outcomes = scored(20_000, 3, slope=0.5, shift=0.3)

    def error(probability: np.ndarray, came: np.ndarray) -> float:
        bins = (probability * 10).astype(int).clip(0, 9)
        gaps = [abs((came - probability)[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
        return float(sum(gaps))

    fit, test = slice(0, 10_000), slice(10_000, None)
    assert error(expit(3 * scores[test]), outcomes[test]) > 0.15
    for fitted in (fit_platt(scores[fit], outcomes[fit]), fit_isotonic(scores[fit], outcomes[fit])):
        assert error(fitted(scores[test]), outcomes[test]) < 0.025


@pytest.mark.parametrize("fit", [fit_platt, fit_isotonic])
def test_json_brings_back_the_same_object_and_labels_and_gaps_stay(fit):
    scores, outcomes = scored(300, 5)
    labelled = xr.DataArray(scores.reshape(30, 10), dims=("date", "asset"), name="score")
    labelled[3, 4] = np.nan
    fitted = fit(labelled.to_numpy(), outcomes.reshape(30, 10))
    again = calibrator_from_json(fitted.to_json())
    assert again == fitted
    probability = again(labelled)
    assert probability.dims == ("date", "asset")
    assert np.argwhere(np.isnan(probability.to_numpy())).tolist() == [[3, 4]]
    without = np.delete(scores, 34), np.delete(outcomes, 34)
    assert fit(*without) == fitted  # a pair with NaN is left out


def test_a_temperature_comes_back():
    rng = np.random.default_rng(0)
    fitted = fit_temperature(rng.normal(size=(500, 3)) + 2 * np.eye(3)[np.arange(500) % 3], np.arange(500) % 3)
    assert calibrator_from_json(fitted.to_json()) == fitted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "{}",
        "[1]",
        '{"kind": "Pickle", "slope": 1}',
        '{"kind": "Platt", "slope": 1}',
        '{"kind": "Platt", "slope": "1", "intercept": 0}',
        '{"kind": "Platt", "slope": NaN, "intercept": 0}',
        '{"kind": "Platt", "slope": 1, "intercept": 0, "hook": 1}',
        '{"kind": "Temperature", "temperature": 0}',
        '{"kind": "Temperature", "temperature": true}',
        '{"kind": "Isotonic", "scores": [1, 0], "probabilities": [0, 1]}',
        '{"kind": "Isotonic", "scores": [0, 1], "probabilities": [1, 0]}',
        '{"kind": "Isotonic", "scores": [0, 1], "probabilities": [0]}',
        '{"kind": "Isotonic", "scores": [], "probabilities": []}',
        '{"kind": "Isotonic", "scores": 1, "probabilities": [0]}',
    ],
)
def test_what_is_no_calibrator_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match=r"is no calibrator .*: give what to_json wrote") as refusal:
        calibrator_from_json(text)
    assert "\n" not in str(refusal.value)


def test_json_holds_plain_numbers():
    assert json.loads(fit_platt(*scored(50, 0)).to_json()).keys() == {"kind", "slope", "intercept"}


SURE = np.array([[9.0, 0.0], [0.0, 9.0]])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fit_platt(np.zeros(3), np.zeros(4)), r"scores \(3,\) and outcomes \(4,\) are not allowed"),
        (lambda: fit_platt(np.zeros(3), np.ones(3)), "give 0 and 1, each at least once"),
        (lambda: fit_isotonic(np.zeros(3), np.array([0, 1, 2])), "give 0 and 1"),
        (lambda: fit_isotonic(np.array([0, np.inf]), np.array([0, 1])), "scores hold 1 infinities"),
        (lambda: fit_temperature(SURE, np.array([0, 1])), "no temperature from 0.001 to 1000 is best"),
        (lambda: fit_temperature(SURE, np.array([1, 0])), "no temperature from 0.001 to 1000 is best"),
        (lambda: fit_temperature(SURE, np.array([0, 2])), "give integers from 0 to 1"),
        (lambda: fit_temperature(SURE, np.array([0.0, 1.0])), "classes of float64 are not allowed"),
        (lambda: fit_temperature(SURE[0], np.array([0, 1])), r"logits \(2,\) and classes"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_one_line(call, says):
    with pytest.raises(ValueError, match=says) as refusal:
        call()
    assert "\n" not in str(refusal.value)
