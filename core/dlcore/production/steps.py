"""The five steps of a run, each a plain function: build, train, evaluate, backtest, predict.

In comes a Work, which is a config and its folder; out come plain values to print, and files in the folder. Each step
first sees to those before it, so that any of them can be asked for at any time; what has not changed is not done again.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.production import inputs
from dlcore.production.learning import FINAL, MODELS, Expert, walk_forward
from dlcore.production.run_folder import fingerprint
from dlcore.production.tables import read_table, write_table
from dlcore.production.work import Work

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.production.signals import Signals

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def build(work: Work, progress: Progress = silent) -> dict[str, Any]:
    """Compute the features and keep them in `features.parquet`.

    Parameters
    ----------
    work : Work
        Config and folder.
    progress : callable
        Told how much is done, and of how much.

    Returns
    -------
    dict
        Plain values: `features`, `assets`, `dates`, `first`, `last`, `complete` (share of member days that have every
        feature), `done` (whether anything had to be computed).

    Raises
    ------
    ValueError
        For columns that are not known or need fields that the panel lacks, and an empty universe.
    """
    progress(0, 1)
    done = work.folder.do(
        "build",
        work.built_from,
        lambda place: write_table(
            inputs.make_features(work.panel, work.config, work.universe), place / "features.parquet"
        ),
    )
    progress(1, 1)
    features = read_features(work)
    whole = np.all([np.isfinite(column.to_numpy()) for column in features.data_vars.values()], axis=0)
    dates = work.panel.indexes["date"]
    return {
        "features": len(features.data_vars),
        "assets": len(whole[0]),
        "dates": len(whole),
        "first": f"{dates[0]:%F}",
        "last": f"{dates[-1]:%F}",
        "complete": float(whole[work.universe.to_numpy()].mean()),
        "done": done,
    }


def train(work: Work, progress: Progress = silent) -> dict[str, Any]:
    """Walk forward and keep the models, and their probabilities in `scores.parquet`.

    Parameters
    ----------
    work, progress
        As `build`, which is seen to first.

    Returns
    -------
    dict
        `model`, `folds` (dates and counts of each), `done`.

    Raises
    ------
    ValueError
        As `build` and `walk_forward`; for a panel without opens where orders fill at the next open.
    """
    labels = work.labels  # first: a label that the panel cannot have need not wait for the features
    build(work)

    def learn(place: Any) -> None:
        from dlcore.windows import make_windows

        config = work.config
        windows = make_windows(read_features(work), labels, length=config.model.length, universe=work.universe)
        probability, folds = walk_forward(config, windows, labels, place, progress)
        write_table(probability.to_dataset(), place / "scores.parquet")
        (place / "folds.json").write_text(json.dumps(folds, indent=1), encoding="utf-8")

    notes = {"taught_by": work.taught_by, "learned_until": f"{work.panel.indexes['date'][-1]:%F}"}
    done = work.folder.do("train", fingerprint(work.folder.outputs("build"), work.ground, notes), learn, notes=notes)
    folds = json.loads((work.folder.path / "folds.json").read_text(encoding="utf-8"))
    return {"model": work.config.model.name, "folds": folds, "done": done}


def evaluate(work: Work, progress: Progress = silent) -> dict[str, Any]:
    """Judge the probabilities and keep the figures in `metrics.json`.

    Parameters
    ----------
    work, progress
        As `train`, which is seen to first.

    Returns
    -------
    dict
        As `judge`.

    Raises
    ------
    ValueError
        As `train` and `judge`.
    """
    train(work, progress)

    def measure(place: Any) -> None:
        from dlcore.production.judging import judge

        found = judge(work.config, work.panel, work.universe, work.labels, read_scores(work))
        (place / "metrics.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")

    said = inputs.survivorship(work.panel, work.config)
    work.folder.do("evaluate", fingerprint(work.folder.outputs("train"), work.ground, work.taught_by, said), measure)
    return json.loads((work.folder.path / "metrics.json").read_text(encoding="utf-8"))


def backtest(work: Work, progress: Progress = silent) -> dict[str, Any]:
    """Trade the probabilities in both engines and keep the page in `tearsheet.png` and `tearsheet.html`.

    Parameters
    ----------
    work, progress
        As `train`, which is seen to first.

    Returns
    -------
    dict
        As `write_backtest`.

    Raises
    ------
    ValueError
        As `train`, `trade` and `write_backtest`.
    """
    train(work, progress)
    config = work.config

    def money(place: Any) -> None:
        from dlcore.production.trading import trade, write_backtest

        traded = trade(config, work.panel, read_scores(work))
        write_backtest(traded, place, f"{config.model.name}, {config.label.horizon} sessions, {config.data.market}")

    terms = [part.model_dump(mode="json") for part in (config.portfolio, config.label, config.data)]
    said = inputs.survivorship(work.panel, config)
    work.folder.do(
        "backtest", fingerprint(work.folder.outputs("train"), work.ground, terms, config.model.name, said), money
    )
    return json.loads((work.folder.path / "backtest.json").read_text(encoding="utf-8"))


def predict(work: Work, progress: Progress = silent) -> "Signals":
    """Say what to hold after the newest close, and keep it in `signals.json`.

    A model that was trained with this config is not trained again for newer prices; without one, `train` is seen to.

    Parameters
    ----------
    work, progress
        As `train`.

    Returns
    -------
    Signals

    Raises
    ------
    ValueError
        As `train` and `make_signals`.
    """
    from dlcore.markets.store.disk import write_durably
    from dlcore.production.signals import make_signals

    folder = work.folder
    if not folder.is_whole("train") or folder.steps["train"]["taught_by"] != work.taught_by:
        train(work, progress)
    fresh = folder.is_done("build", work.built_from)
    features = read_features(work) if fresh else inputs.make_features(work.panel, work.config, work.universe)
    expert = Expert.load(folder.path / MODELS / FINAL)
    learned_until = folder.steps["train"]["learned_until"]
    signals = make_signals(work.config, work.panel, work.universe, features, expert, read_scores(work), learned_until)
    text = json.dumps(signals.to_plain(), indent=1, ensure_ascii=False, allow_nan=False)
    write_durably(folder.path / "signals.json", text.encode())
    return signals


def read_features(work: Work) -> "xr.Dataset":
    """The features (date, asset) that `build` kept."""
    return read_table(work.folder.path / "features.parquet")


def read_scores(work: Work) -> "xr.DataArray":
    """The probabilities (date, asset) that `train` kept, on the tested dates."""
    return read_table(work.folder.path / "scores.parquet")["probability"].astype(np.float64)
