"""Walk forward: learn on the past of each period, say a probability in it, and keep who said it.

In come features and labels, out come probabilities that no label of their own time could have shaped, one model a fold,
and a last one that has learned from all that is known. A model that does not speak in probabilities is calibrated on
its validation period.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.production.model_settings import make_model

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.models import Forecaster
    from dlcore.production.config import Config
    from dlcore.risk.calibration import Calibrator
    from dlcore.targets import Fold
    from dlcore.windows import Windows

MODELS, FINAL = "models", "final"


@dataclass(frozen=True)
class Expert:
    """A fitted forecaster, and what turns its scores into probabilities; None where they are such already."""

    forecaster: "Forecaster"
    calibrator: "Calibrator | None"

    def probability(self, windows: "Windows") -> "xr.DataArray":
        """Probability (date, asset) that the label is above `label.above`; NaN where there is no sample."""
        scores = self.forecaster.predict(windows)
        said = scores.to_numpy() if self.calibrator is None else self.calibrator(scores.to_numpy())
        return scores.copy(data=said).rename("probability")

    def save(self, folder: Path) -> None:
        """Write both as text and arrays into a new folder."""
        self.forecaster.save(folder)
        if self.calibrator is not None:
            (folder / "probability.json").write_text(self.calibrator.to_json(), encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> "Expert":
        """Read what `save` wrote."""
        from dlcore.models import load_forecaster
        from dlcore.risk import calibrator_from_json

        text = folder / "probability.json"
        calibrator = calibrator_from_json(text.read_text(encoding="utf-8")) if text.exists() else None
        return Expert(load_forecaster(folder), calibrator)


def plan(config: "Config") -> Any:
    """The walk of a config."""
    from dlcore.targets import WalkForward

    walk = config.walk_forward
    return WalkForward(walk.train, walk.test, window=walk.window, embargo=walk.embargo, validation=walk.validation)


def learn(config: "Config", windows: "Windows", fold: "Fold") -> Expert:
    """Fit a new model on the training samples of a fold, stopped and calibrated by its validation samples."""
    from dlcore.risk import fit_platt

    assert fold.validation is not None  # a config has at least one session of it
    train, validation = windows.select(fold.train), windows.select(fold.validation).labelled()
    for name, part in (("train", train.labelled()), ("validation", validation)):
        if not len(part):
            raise ValueError(
                f"no {name} sample has all features and a label: give more than walk_forward.{name}="
                f"{getattr(config.walk_forward, name)} sessions; long features and windows warm up first"
            )
    model = make_model(config).fit(train, validation)
    if model.settings().get("task") == "classification":
        return Expert(model, None)
    scores = model.predict(validation).to_numpy()
    targets = validation.to_scores(validation.targets).to_numpy()
    outcomes = np.where(np.isfinite(targets), targets > config.label.above, np.nan)
    return Expert(model, fit_platt(scores, outcomes))


def walk_forward(
    config: "Config",
    windows: "Windows",
    labels: "xr.Dataset",
    folder: Path,
    progress: Callable[[int, int], None],
) -> "tuple[xr.DataArray, list[dict[str, Any]]]":
    """Learn and score fold by fold, then learn once more from all that is known.

    Parameters
    ----------
    config : Config
        Its `walk_forward`, `model` and `label`.
    windows : Windows
        Of the features, with the labels as targets.
    labels : Dataset (date, asset)
        Their intervals decide who may learn from what.
    folder : Path
        Gets a folder `models` with one model for each fold, and `final`.
    progress : callable
        Told how many models are done, and of how many.

    Returns
    -------
    probability : DataArray (date, asset)
        On the test dates alone; NaN where there is no sample.
    folds : list of dict
        Dates and counts of each.

    Raises
    ------
    ValueError
        As `WalkForward`, and where a period has no samples.
    """
    walk = plan(config)
    folds = walk.folds(labels)
    last = replace(walk, final=1).final_fold(labels)  # its test is the newest date: all that is known lies before it
    told, rows, total = len(folds) + 1, [], None
    progress(0, told)
    for number, fold in enumerate(folds):
        expert = learn(config, windows, fold)
        scores = expert.probability(windows.select(fold.test))
        expert.save(folder / MODELS / f"fold_{number:02d}")
        total = scores if total is None else total.fillna(scores)
        rows.append(_row(fold, windows, expert))
        progress(number + 1, told)
    learn(config, windows, last).save(folder / MODELS / FINAL)
    progress(told, told)
    assert total is not None  # a plan has at least one fold
    tested = np.flatnonzero(sum(fold.test.any("asset").to_numpy() for fold in folds))
    return total.isel(date=slice(tested[0], tested[-1] + 1)), rows


def _row(fold: "Fold", windows: "Windows", expert: Expert) -> dict[str, Any]:
    """What a fold was, in plain values."""
    dates = fold.test["date"].to_numpy()[fold.test.any("asset").to_numpy()]
    assert fold.validation is not None
    return {
        "test_from": str(dates[0])[:10],
        "test_to": str(dates[-1])[:10],
        "train": len(windows.select(fold.train).labelled()),
        "validation": len(windows.select(fold.validation).labelled()),
        "test": len(windows.select(fold.test)),
        "parameters": expert.forecaster.parameters(),
    }
