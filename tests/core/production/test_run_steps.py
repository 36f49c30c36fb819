"""The steps together: who learns from what, what is done again, and what is refused."""

import json

import numpy as np
import pytest
import xarray as xr
from small_market import made_config, made_panel

from dlcore.production import Work, backtest, build, evaluate, predict, read_config, steps, train
from dlcore.production.inputs import make_features, make_labels, make_universe
from dlcore.production.judging import plain
from dlcore.production.learning import Expert, learn, plan, walk_forward
from dlcore.windows import make_windows

PANEL = made_panel()


def scores_of(panel, config, folder):
    universe = make_universe(panel, config)
    labels = make_labels(panel, config, universe)
    windows = make_windows(make_features(panel, config, universe), labels, length=1, universe=universe)
    folder.mkdir()
    return walk_forward(config, windows, labels, folder, steps.silent)


BOOSTED = {"name": "GradientBoosting", "rounds": 8, "threads": 1}


@pytest.mark.parametrize("model", [{"name": "Ridge"}, BOOSTED])
def test_what_comes_later_changes_no_probability(tmp_path, model):
    config = made_config(tmp_path, model=model)
    whole, folds = scores_of(PANEL, config, tmp_path / "a")
    cut, fewer = scores_of(PANEL.isel(date=slice(0, 200)), config, tmp_path / "b")
    assert len(folds) > len(fewer) == 2
    xr.testing.assert_equal(whole.sel(date=cut["date"]), cut)
    # another future: only what is decided after it may differ
    other = PANEL.copy(deep=True)
    rng = np.random.default_rng(5)
    for name in ("open", "high", "low", "close"):
        other[name][200:] *= np.exp(rng.normal(0, 0.1, other[name][200:].shape))
    moved, _ = scores_of(other, config, tmp_path / "c")
    assert np.array_equal(moved[: 200 - 121], whole[: 200 - 121], equal_nan=True)
    assert not np.array_equal(moved[-1], whole[-1])


@pytest.mark.parametrize("model", [{"name": "Ridge"}, BOOSTED, {"name": "Persistence", "feature": "log_return_5"}])
def test_every_model_says_probabilities_and_keeps_them_on_disk(tmp_path, model):
    config = made_config(tmp_path, model=model)
    universe = make_universe(PANEL, config)
    labels = make_labels(PANEL, config, universe)
    windows = make_windows(make_features(PANEL, config, universe), labels, length=1, universe=universe)
    expert = learn(config, windows, plan(config).folds(labels)[0])
    said = expert.probability(windows)
    assert said.name == "probability"
    assert 0 < float(said.min()) < 0.5 < float(said.max()) < 1
    expert.save(tmp_path / "model")
    assert Expert.load(tmp_path / "model").probability(windows).identical(said)
    raw = expert.forecaster.predict(windows)
    known = np.isfinite(raw.to_numpy())
    order = np.argsort(raw.to_numpy()[known], kind="stable")
    assert (np.diff(said.to_numpy()[known][order]) >= 0).all()  # here the score points the right way


def test_nothing_is_found_where_nothing_is(tmp_path):
    """Of 40 empty markets, |t| above 1.96 in no more than a binomial 99.9 % band around one in twenty allows."""
    from scipy.stats import binom

    from dlcore.evaluation import information_coefficient, summarize

    found = 0
    for seed in range(40):
        panel = made_panel(seed, drift=0.0, assets=14, count=260)
        config = made_config(tmp_path, features={"columns": ["log_return_1", "log_return_5"]})
        said, _ = scores_of(panel, config, tmp_path / str(seed))
        came = make_labels(panel, config, make_universe(panel, config))["value"]
        ic = information_coefficient(said, came, method="spearman")
        found += abs(summarize(ic, horizon=5).t_hansen_hodrick) > 1.96
    assert found <= binom.ppf(0.999, 40, 0.08)  # 138 days: the test's own size is nearer 8 %


def test_a_run_finds_what_is_planted_and_is_done_once(tmp_path):
    config = made_config(tmp_path / "run")
    work = Work(config, PANEL)
    assert build(work)["done"]
    assert train(work)["done"]
    found, money = evaluate(work), backtest(work)
    assert found["rank_ic"]["mean"] > 0.05
    assert found["rank_ic"]["t_hansen_hodrick"] > 3
    assert found["rank_ic"]["error"] == pytest.approx(found["rank_ic"]["mean"] / found["rank_ic"]["t_hansen_hodrick"])
    assert found["universe"].startswith("survivorship-biased")
    assert (
        found["baselines"]["reversal_5"]["rank_ic"]["mean"] < 0 < found["baselines"]["persistence_5"]["rank_ic"]["mean"]
    )
    assert money["engines_agree"]
    assert money["sharpe"] > 1
    for name in ("tearsheet.png", "tearsheet.html", "backtest.json", "metrics.json", "nav.csv", "cuts.csv"):
        assert (tmp_path / "run" / name).stat().st_size > 0
    json.loads((tmp_path / "run" / "metrics.json").read_text())
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()}
    again = Work(read_config(tmp_path / "run" / "config.toml"), PANEL)  # from its own config
    assert not build(again)["done"]
    assert not train(again)["done"]
    assert (evaluate(again), backtest(again)) == (found, money)
    assert kept == {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()}
    fewer = backtest(Work(made_config(tmp_path / "run", portfolio={"top": 3}), PANEL))
    assert fewer["sharpe"] != money["sharpe"]


def test_only_what_depends_on_a_change_is_done_again(tmp_path):
    ridge = {"name": "Ridge", "penalties": [1.0]}
    short = PANEL.isel(date=slice(0, -1))
    before = {}
    for panel, tables, again in (
        (PANEL, {}, {"build", "train", "evaluate"}),
        (PANEL, {"portfolio": {"top": 3}}, set()),
        (PANEL, {"label": {"above": 0.001}}, {"train", "evaluate"}),
        (PANEL, {"model": ridge}, {"train", "evaluate"}),
        (short, {"model": ridge}, {"build", "train", "evaluate"}),
        (short, {"model": ridge, "universe": {"traded_value": 1.0}}, {"build", "train", "evaluate"}),
    ):
        work = Work(made_config(tmp_path / "run", **tables), panel)
        evaluate(work)
        assert {name for name, step in work.folder.steps.items() if step != before.get(name)} == again
        before = dict(work.folder.steps)


def test_newer_prices_are_scored_by_the_model_that_is_there(tmp_path):
    config = made_config(tmp_path / "run")
    train(Work(config, PANEL.isel(date=slice(0, -3))))
    models = {file: file.read_bytes() for file in (tmp_path / "run" / "models").rglob("*") if file.is_file()}
    signals = predict(Work(config, PANEL))
    assert signals.date == str(PANEL["date"].to_numpy()[-1])[:10]
    assert signals.learned_until == str(PANEL["date"].to_numpy()[-4])[:10]
    assert models == {file: file.read_bytes() for file in (tmp_path / "run" / "models").rglob("*") if file.is_file()}
    assert signals.table["probability"].notna().all()  # though no label of that day exists
    other = predict(Work(made_config(tmp_path / "run", label={"above": 0.001}), PANEL))
    assert other.learned_until == signals.date  # another label: the model had to learn anew


@pytest.mark.parametrize(
    ("change", "tables", "says"),
    [
        (lambda p: p.isel(date=slice(None, None, -1)), {}, "sort the dates"),
        (lambda p: p.assign(close=p["close"].where(p["close"] < p["close"].max(), np.inf)), {}, "is not allowed"),
        (lambda p: p.drop_vars("open"), {}, 'give entry="next_close"'),
        (lambda p: p, {"universe": {"traded_value": 1e15}}, "the universe is empty: universe.traded_value=1e+15"),
        (lambda p: p.drop_vars("volume"), {"universe": {"traded_value": 1.0}}, "the panel has no volume"),
        (lambda p: p.drop_vars("volume"), {"portfolio": {"participation": 0.1}}, "the panel has no volume"),
        (lambda p: p, {"features": {"columns": ["log_retorn_5"]}}, "column 'log_retorn_5' is not known"),
        (lambda p: p.drop_vars("high"), {"features": {"columns": ["atr_14"]}}, "the panel has no high"),
        (lambda p: p, {"walk_forward": {"train": 5000}}, "are too few for one fold: train=5000"),
        (lambda p: p, {"walk_forward": {"train": 20, "validation": 15}}, "give more than"),
        (lambda p: p, {"portfolio": {"top": 20, "bottom": 20}}, "top=20 and bottom=20 of 24 assets"),
        (
            lambda p: p,
            {"portfolio": {"sector": 0.2}},
            "portfolio.sector=0.2 is not allowed: the panel names no sectors",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, change, tables, says):
    with pytest.raises(ValueError, match=r".") as caught:
        backtest(Work(made_config(tmp_path / "run", **tables), change(PANEL)))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_plain_values_hold_no_nan():
    assert plain({"a": np.float64("nan"), "b": [np.int64(3), float("inf")], "c": (1.5, "x", None, True)}) == {
        "a": None,
        "b": [3, None],
        "c": [1.5, "x", None, True],
    }
