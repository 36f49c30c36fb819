"""No training label meets what it is judged on: for the purge of this library, and not for two that are in use."""

from functools import partial

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlcore.plots import COLORS, figure
from dlcore.targets import Fold, WalkForward, alpha_score, folds, forward_return, volatility_regime

# --- the property ---------------------------------------------------------------------------------------------------


def assert_apart(labels: xr.Dataset, learns: xr.DataArray, judges: xr.DataArray, embargo: int) -> None:
    """No interval of `learns` meets the span of `judges`, from its first decision to its last end, or the gap before.

    Written without the purge's comparisons: for each sample, the positions of the sessions that it uses.
    """
    dates = labels["date"].to_numpy()
    position = {date: row for row, date in enumerate(labels.attrs.get("sessions", dates))}
    starts, ends = (labels[name].to_numpy() for name in ("start", "end"))
    rows = np.flatnonzero(judges.to_numpy().any(axis=1))
    judged = ends[judges.to_numpy()]
    last = max([position[end] for end in judged[~np.isnat(judged)]], default=position[dates[rows[-1]]])
    forbidden = set(range(position[dates[rows[0] - embargo]], last + 1))
    learnt = learns.to_numpy()
    for start, end in set(zip(starts[learnt], ends[learnt], strict=True)):
        assert forbidden.isdisjoint(range(position[start], position[end] + 1)), (start, end)


def assert_sound(plan: WalkForward, labels: xr.Dataset, fold: Fold) -> None:
    known = np.isfinite(labels["value"].to_numpy())
    assert fold.train.any()
    assert known[fold.train.to_numpy()].all()
    assert not (fold.train & fold.test).any()
    assert_apart(labels, fold.train, fold.test, plan.embargo)
    if fold.validation is not None:
        assert known[fold.validation.to_numpy()].all()
        assert not (fold.validation & (fold.train | fold.test)).any()
        assert_apart(labels, fold.train, fold.validation, plan.embargo)
        assert_apart(labels, fold.validation, fold.test, plan.embargo)


def check_every_fold(plan: WalkForward, labels: xr.Dataset) -> None:
    final = plan.final_fold(labels) if plan.final else None
    for fold in plan.folds(labels):
        assert_sound(plan, labels, fold)
        if final is not None:
            for mask in (fold.train, fold.test, fold.validation):
                if mask is not None:
                    assert_apart(labels, mask & np.isfinite(labels["value"]), final.test, 0)
    if final is not None:
        assert_sound(plan, labels, final)


plans = st.builds(
    WalkForward,
    train=st.integers(36, 50),
    test=st.integers(4, 20),
    window=st.sampled_from(["expanding", "rolling"]),
    embargo=st.integers(0, 6),
    validation=st.sampled_from([0, 0, 14]),
    final=st.sampled_from([0, 0, 9]),
)
given_cases = given(
    seed=st.integers(0, 10**6),
    plan=plans,
    horizon=st.integers(1, 7),
    entry=st.sampled_from(["next_open", "next_close"]),
    function=st.sampled_from([forward_return, alpha_score, partial(volatility_regime, lookback=10)]),
    thinned=st.booleans(),
)


def some_labels(make_ragged, seed: int, horizon: int, entry: str, function, thinned: bool) -> xr.Dataset:
    labels = function(make_ragged(seed, length=95), horizon, entry)
    sessions = labels["date"].to_numpy()
    if thinned:  # sessions taken out afterwards: an end may be no date of the labels
        kept = np.random.default_rng(seed).random(len(sessions)) < 0.93
        labels = labels.isel(date=kept)
    return labels.assign_attrs(sessions=sessions)


def run_property(make_ragged, seed, plan, horizon, entry, function, thinned) -> None:
    labels = some_labels(make_ragged, seed, horizon, entry, function, thinned)
    try:
        plan.folds(labels)
        _ = plan.final and plan.final_fold(labels)
    except ValueError as error:
        assume("label is left" not in str(error) and "every test label" not in str(error))
        raise
    check_every_fold(plan, labels)


@given_cases
@settings(max_examples=40)
def test_no_training_interval_meets_a_judged_one(make_ragged, **case):
    run_property(make_ragged, **case)


def purged_by_rows(ends: np.ndarray, dates: np.ndarray, row: int) -> np.ndarray:
    """Wrong: the last `horizon` + 1 rows are taken to be the ones that overlap. A halt makes it more."""
    return ~np.isnat(ends) & (np.arange(len(dates))[:, None] < row - 6)


def purged_by_ends(ends: np.ndarray, dates: np.ndarray, row: int) -> np.ndarray:
    """Wrong, and in a well-known library: an end before the *end* of the first test label is taken to be enough."""
    first = ends[row][~np.isnat(ends[row])]
    return ends < (first.min() if len(first) else dates[row])


@pytest.mark.parametrize("wrong", [purged_by_rows, purged_by_ends])
def test_the_property_catches_a_wrong_purge(make_ragged, monkeypatch, wrong):
    monkeypatch.setattr(folds, "known_before", wrong)
    caught = 0
    for seed in range(30):
        labels = some_labels(make_ragged, seed, 5, "next_open", forward_return, thinned=False)
        try:
            check_every_fold(WalkForward(40, 10), labels)
        except AssertionError:
            caught += 1
    assert caught >= 15


def test_what_the_wrong_purges_leave_on_a_market_without_gaps(make_panel, monkeypatch):
    prices = 10 + np.random.default_rng(0).random((60, 2))
    labels = forward_return(make_panel(prices), 5, "next_close")
    plan = WalkForward(30, 15)
    right = [np.flatnonzero(fold.train.any("asset"))[-1] for fold in plan.folds(labels)]
    assert right == [30 - 7, 45 - 7]  # decided six sessions before its end, which is before the first test decision
    monkeypatch.setattr(folds, "known_before", purged_by_ends)
    assert [np.flatnonzero(fold.train.any("asset"))[-1] for fold in plan.folds(labels)] == [29, 44]
    with pytest.raises(AssertionError):
        check_every_fold(plan, labels)
    monkeypatch.setattr(folds, "known_before", purged_by_rows)
    check_every_fold(plan, labels)  # without gaps, counting rows is enough: only irregular labels show the mistake


# --- what the folds are ---------------------------------------------------------------------------------------------


@pytest.fixture
def labels(make_panel):
    prices = 10 * np.exp(np.random.default_rng(0).normal(0, 0.02, (100, 3)).cumsum(axis=0))
    prices[:, 2][50:53] = np.nan
    return forward_return(make_panel(prices), 5, "next_close")


def span(mask: xr.DataArray) -> tuple[int, int]:
    rows = np.flatnonzero(mask.any("asset"))
    return int(rows[0]), int(rows[-1])


def test_periods_of_expanding_and_rolling_windows(labels):
    grown = WalkForward(40, 20, embargo=2).folds(labels)
    assert [span(fold.test) for fold in grown] == [(42, 61), (62, 81), (82, 99)]
    assert [span(fold.train) for fold in grown] == [(0, 33), (0, 53), (0, 73)]  # 42 - 2 - 6 - 1
    moved = WalkForward(40, 20, window="rolling").folds(labels)
    assert [span(fold.train) for fold in moved] == [(0, 33), (20, 53), (40, 73)]
    assert all(fold.validation is None for fold in grown + moved)


def test_validation_is_the_end_of_training_and_purged_from_it(labels):
    fold = WalkForward(40, 20, validation=15, embargo=1).folds(labels)[0]
    assert span(fold.test) == (41, 60)
    assert fold.validation is not None
    assert span(fold.validation) == (25, 33)  # rows 25 to 39, less what ends on row 40 or later
    assert span(fold.train) == (0, 17)  # ends before row 24


def test_the_test_period_has_every_asset_on_every_date(labels):
    fold = WalkForward(40, 20).folds(labels)[0]
    assert fold.test.isel(date=slice(40, 60)).all()
    assert np.isnan(labels["value"].where(fold.test, drop=True)).any()  # asset 2 cannot be bought on rows 50 to 52


def test_the_final_period_is_in_no_fold_and_opened_by_name(labels):
    plan = WalkForward(40, 20, final=16)
    dates = labels["date"].to_numpy()
    for fold in plan.folds(labels):
        for mask in (fold.train, fold.test):
            assert not mask.isel(date=slice(-16, None)).any()
            ends = labels["end"].where(mask).to_numpy()
            assert (ends[~np.isnat(ends)] < dates[-16]).all()
    tests = [span(fold.test) for fold in WalkForward(40, 17, final=16).folds(labels)]
    assert tests == [(40, 56), (57, 73), (74, 77)]  # the labels of rows 78 to 83 end on row 84 or later
    assert [span(fold.test) for fold in plan.folds(labels)] == [(40, 59), (60, 77)]
    opened = plan.final_fold(labels)
    assert span(opened.test) == (84, 99)
    assert span(opened.train) == (0, 77)
    with pytest.raises(ValueError, match="final=0 leaves no final period"):
        WalkForward(40, 20).final_fold(labels)


def test_the_purge_is_of_samples_and_not_of_dates(labels):
    fold = WalkForward(51, 20).folds(labels)[0]  # asset 2 does not trade on rows 50 to 52: its exit on 50 waits
    assert fold.train.to_numpy()[44].tolist() == [True, True, False]


def test_two_calls_give_equal_folds(labels):
    plan = WalkForward(40, 20, validation=10, embargo=1)
    for first, second in zip(plan.folds(labels), plan.folds(labels.copy(deep=True)), strict=True):
        assert first.train.identical(second.train)
        assert first.test.identical(second.test)


# --- scikit-learn ---------------------------------------------------------------------------------------------------


def test_split_is_a_cv_for_scikit_learn(labels):
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import cross_val_score

    value = labels["value"].to_numpy()
    known = np.isfinite(value)
    rng = np.random.default_rng(0)
    features = rng.standard_normal((*value.shape, 4))
    plan = WalkForward(40, 20, embargo=1)
    scores = cross_val_score(Ridge(), features[known], value[known], cv=list(plan.split(labels)))
    by_hand = [
        Ridge()
        .fit(features[fold.train.to_numpy()], value[fold.train.to_numpy()])
        .score(features[fold.test.to_numpy() & known], value[fold.test.to_numpy() & known])
        for fold in plan.folds(labels)
    ]
    np.testing.assert_allclose(scores, by_hand, rtol=1e-12)


def test_split_counts_only_finite_labels_and_skips_folds_that_cannot_be_judged_yet(labels):
    assert len(WalkForward(40, 6).folds(labels)) == 10
    cuts = list(WalkForward(40, 6).split(labels))
    assert len(cuts) == 9  # the labels of the last six dates are not known yet
    known = np.isfinite(labels["value"].to_numpy())
    for train, test in cuts:
        assert train.dtype.kind == test.dtype.kind == "i"
        assert train.max() < test.min()
        assert test.max() < known.sum()
        assert len(set(train) | set(test)) == len(train) + len(test)


# --- the picture, and what is refused ---------------------------------------------------------------------------------


def test_the_picture_has_a_bar_for_each_period(labels):
    import matplotlib.pyplot as plt

    _, axes = figure(height=2)
    WalkForward(40, 20, validation=10, embargo=1, final=16).plot(labels, axes)
    colours = [tuple(np.round(bar.get_facecolor()[:3], 3)) for bar in axes.patches]
    from matplotlib.colors import to_rgb

    for name, count in (("blue", 2), ("orange", 2), ("green", 2), ("red", 2), ("quiet", 2)):
        assert colours.count(tuple(np.round(to_rgb(COLORS[name]), 3))) == count
    assert {text.get_text() for text in axes.texts} == {"train", "validation", "test", "final, unopened"}
    plt.close("all")


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"train": 0}, "train=0 is not allowed"),
        ({"test": 1.5}, "test=1.5 is not allowed"),
        ({"test": True}, "test=True is not allowed"),
        ({"embargo": -1}, "embargo=-1 is not allowed"),
        ({"window": "sliding"}, "window='sliding' is not allowed"),
        ({"validation": 40}, "validation=40 is not allowed: .* give less than train - embargo = 40"),
    ],
)
def test_plans_that_mean_nothing_are_refused(plan, says):
    with pytest.raises(ValueError, match=says):
        WalkForward(**({"train": 40, "test": 20} | plan))


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (WalkForward(90, 20), "100 sessions are too few for one fold: .* need 110"),
        (WalkForward(5, 20), "no train label is left before the test period from .*: give more than train=5"),
        (WalkForward(40, 20, validation=4), "no validation label is left"),
        (WalkForward(92, 1, final=7), "every test label reaches into the final period"),
    ],
)
def test_plans_that_do_not_fit_say_why_in_one_line(labels, plan, says):
    with pytest.raises(ValueError, match=says) as caught:
        plan.folds(labels)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="final=70 leaves 30 sessions"):
        WalkForward(40, 20, final=70).final_fold(labels)


def test_what_are_no_labels_is_refused(labels):
    plan = WalkForward(40, 20)
    backwards = labels.assign(start=labels["end"], end=labels["start"])
    for wrong, says in (
        (labels.drop_vars("end"), "labels lack 'end'"),
        (labels.isel(asset=0), "value has dims"),
        (labels.isel(date=slice(None, None, -1)), "not ascending"),
        (labels.assign(value=labels["value"].fillna(0)), "not NaT exactly where value is NaN"),
        (backwards, "ends before it starts"),
        (labels.assign(start=labels["start"] - np.timedelta64(9, "D")), "starts before its decision date"),
    ):
        with pytest.raises(ValueError, match=says):
            plan.folds(wrong)
