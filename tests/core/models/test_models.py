"""Each model passes the battery, equals its twin where it has one, and finds what is there."""

import numpy as np
import pytest
from battery import check_forecaster, fitted, fold_of, market
from scipy.stats import spearmanr

from dlcore.models import Analogue, Ensemble, GradientBoosting, Persistence, Ridge, load_forecaster
from dlcore.windows import make_windows

KINDS = {
    "persistence": lambda: Persistence("f0"),
    "reversal": lambda: Persistence("f0", sign=-1),
    "ridge": Ridge,
    "ridge on windows": lambda: Ridge(penalties=(0.1,), inputs="window"),
    "analogue": lambda: Analogue(temperature=0.1, memory=300),
    "boosting": lambda: GradientBoosting(rounds=20),
    "boosting, classes": lambda: GradientBoosting(task="classification", rounds=20),
    "boosting, tuned": lambda: GradientBoosting(rounds=10, trials=2),
    "ensemble": lambda: Ensemble((Ridge(), Persistence("f0"))),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_contract(name, tmp_path):
    check_forecaster(KINDS[name], tmp_path)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "reversal"])
def test_what_is_there_is_found(name):
    model, test, _ = fitted(KINDS[name])
    labelled = test.labelled()
    scores = model.predict(labelled).to_numpy()
    known = np.isfinite(scores)
    truth = labelled.to_scores(labelled.targets).to_numpy()
    assert spearmanr(scores[known], truth[known])[0] > 0.3


@pytest.mark.parametrize("penalty", [0.0, 0.01, 3.0])
@pytest.mark.parametrize("inputs", ["last", "window"])
def test_ridge_equals_scikit_learn(penalty, inputs):
    from sklearn.linear_model import Ridge as Theirs

    features, labels = market()
    windows, fold = make_windows(features, labels, length=3), fold_of(labels)
    train = windows.select(fold.train).labelled()
    x = np.asarray(train.batch(slice(None)), np.float64).reshape(len(train), -1)
    x = x[:, -4:] if inputs == "last" else x
    z = (x - x.mean(0)) / x.std(0)
    theirs = Theirs(alpha=penalty * len(z), tol=1e-12).fit(z, np.asarray(train.targets, np.float64))
    ours = Ridge(penalties=(penalty,), inputs=inputs).fit(train).predict(train).to_numpy()
    there = train.to_scores(theirs.predict(z)).to_numpy()
    np.testing.assert_allclose(ours, there, rtol=1e-7, atol=1e-9)


def test_ridge_keeps_the_penalty_with_the_smallest_validation_error():
    features, labels = market()
    windows, fold = make_windows(features, labels, length=1), fold_of(labels)
    train, validation = windows.select(fold.train), windows.select(fold.validation).labelled()
    grid = (1e-3, 1.0, 1e3)
    errors = [
        np.nansum(
            (Ridge(penalties=(p,)).fit(train).predict(validation) - validation.to_scores(validation.targets)) ** 2
        )
        for p in grid
    ]
    chosen = Ridge(penalties=grid).fit(train, validation)._state["penalty"][0]
    assert chosen == grid[int(np.argmin(errors))]


def test_a_constant_or_a_doubled_feature_is_no_trouble_to_ridge():
    features, labels = market()
    features = features.assign(flat=features["f0"] * 0 + 7, twin=features["f0"] * 2)
    windows, fold = make_windows(features, labels, length=1), fold_of(labels)
    scores = Ridge(penalties=(0.0,)).fit(windows.select(fold.train)).predict(windows)
    plain = make_windows(features[["f0", "f1", "f2", "f3"]], labels, length=1)
    expected = Ridge(penalties=(0.0,)).fit(plain.select(fold.train)).predict(plain)
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_the_analogue_is_a_softmax_over_remembered_days():
    features, labels = market()
    windows, fold = make_windows(features, labels, length=1), fold_of(labels)
    train = windows.select(fold.train).labelled()
    model = Analogue(temperature=0.2, memory=10**9).fit(train)
    rows = np.asarray(train.last_rows(), np.float64)
    z = (rows - rows.mean(0)) / rows.std(0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    weights = np.exp(z @ z.T / 0.2)
    expected = weights @ np.asarray(train.targets, np.float64) / weights.sum(1)
    np.testing.assert_allclose(model.predict(train), train.to_scores(expected), rtol=2e-4)


def test_probabilities_are_probabilities_and_mean_what_they_say():
    model, test, _ = fitted(lambda: GradientBoosting(task="classification", rounds=60))
    labelled = test.labelled()
    probability = model.predict(labelled).to_numpy()
    known = np.isfinite(probability)
    came = labelled.to_scores(labelled.targets).to_numpy()[known] > 0
    said = probability[known]
    assert ((said > 0) & (said < 1)).all()
    assert abs(said.mean() - came.mean()) < 0.12
    assert np.mean((said - came) ** 2) < came.mean() * (1 - came.mean())


def test_the_validation_halves_of_a_classifier_do_not_touch():
    features, labels = market()
    windows, fold = make_windows(features, labels, length=1), fold_of(labels)
    validation = windows.select(fold.validation).labelled()
    first, second = GradientBoosting(task="classification", gap=6)._halves(validation)
    rows = [np.asarray(part.samples) % len(part.dates) for part in (first, second)]
    assert rows[1].min() - rows[0].max() > 6
    assert len(first) > 100
    assert len(second) > 100


def test_threads_do_not_change_the_trees():
    one, test, _ = fitted(lambda: GradientBoosting(rounds=20, threads=1))
    two, _, _ = fitted(lambda: GradientBoosting(rounds=20, threads=2))
    np.testing.assert_array_equal(one.predict(test), two.predict(test))


def test_nothing_is_pickled(tmp_path):
    model, _, _ = fitted(lambda: GradientBoosting(rounds=5))
    model.save(tmp_path / "m")
    assert {p.suffix for p in (tmp_path / "m").iterdir()} == {".json", ".npz", ".txt"}
    assert (tmp_path / "m" / "trees.txt").read_text().startswith("tree\n")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w, f, p: Persistence("nothing").fit(w), "feature='nothing' is not there"),
        (lambda w, f, p: Persistence("f0", sign=2), "sign=2 is not allowed"),
        (lambda w, f, p: Ridge(penalties=()), r"penalties=\(\) are not allowed"),
        (lambda w, f, p: Ridge(penalties=(-1.0,)), "are not allowed"),
        (lambda w, f, p: Ridge().fit(w), "no validation windows"),
        (lambda w, f, p: Ridge().predict(w), "has not been fitted"),
        (lambda w, f, p: Ridge().save(p), "has not been fitted"),
        (lambda w, f, p: Analogue(temperature=0.0), "temperature=0.0 is not allowed"),
        (lambda w, f, p: GradientBoosting(task="rank"), "task='rank' is not allowed"),
        (lambda w, f, p: GradientBoosting(rounds=0), "rounds=0 is not allowed"),
        (lambda w, f, p: GradientBoosting().fit(w), "give one"),
        (lambda w, f, p: Ensemble(()), "members are empty"),
        (lambda w, f, p: Persistence("f0").fit(w).predict(make_windows(f[["f0"]])), "other features"),
        (lambda w, f, p: Persistence("f0").fit(w).predict(make_windows(f, length=9)), "windows of length 9"),
        (lambda w, f, p: Persistence("f0").fit(make_windows(f)), "no sample with a known target"),
    ],
)
def test_bad_input_gets_one_line(call, message, tmp_path):
    features, labels = market(dates=120, assets=10)
    with pytest.raises(ValueError, match=message) as error:
        call(make_windows(features, labels, length=1), features, tmp_path)
    assert "\n" not in str(error.value)


def test_a_folder_is_written_once_and_must_hold_a_forecaster(tmp_path):
    model, _, _ = fitted(lambda: Persistence("f0"))
    model.save(tmp_path / "m")
    with pytest.raises(ValueError, match="is not empty"):
        model.save(tmp_path / "m")
    with pytest.raises(FileNotFoundError, match="holds no forecaster"):
        load_forecaster(tmp_path)
    with pytest.raises(ValueError, match="holds a Persistence, not a Ridge"):
        Ridge.load(tmp_path / "m")
    (tmp_path / "m" / "forecaster.json").write_text('{"model": "Popen", "settings": {}, "features": [], "length": 1}')
    with pytest.raises(ValueError, match="holds a 'Popen'"):
        load_forecaster(tmp_path / "m")
