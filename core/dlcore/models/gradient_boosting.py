"""Gradient-boosted trees through LightGBM: the strongest simple opponent on tables, tuned without a look at the test.

The validation period is cut in two by date: by the first part the trees stop growing (and, with trials, their settings
are chosen), by the second a classifier's scores become probabilities. On disk the trees are LightGBM's own text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlcore.models.forecaster import Forecaster
from dlcore.risk.calibration import calibrator_from_json, fit_platt

if TYPE_CHECKING:
    import lightgbm
    import optuna
    import xarray as xr

    from dlcore.windows import Windows

DEFAULTS = {
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.7,
    "lambda_l2": 10.0,
}


@dataclass
class GradientBoosting(Forecaster):
    """Trees on the features of the decision date.

    Parameters
    ----------
    task : {"regression", "classification"}
        The score is the expected target, or the calibrated probability (Platt) that the target exceeds `above`.
    above : float
        In units of the target; only classification looks at it.
    trials : int
        Settings tried by Optuna (tree-structured Parzen estimator), each judged by the loss on the first part of the
        validation period; 0 takes the defaults.
    rounds : int
        Trees at most, ≥ 1.
    patience : int
        Trees without improvement before growth stops, ≥ 1.
    gap : int
        Sessions between the two parts of the validation period that neither sees, ≥ 0: the label's horizon and entry.
    threads : int
        For LightGBM; the result does not depend on it.
    seed : int

    References
    ----------
    Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS (2017); Akiba et al., "Optuna",
    KDD (2019).
    """

    task: Literal["regression", "classification"] = "regression"
    above: float = 0.0
    trials: int = 0
    rounds: int = 300
    patience: int = 30
    gap: int = 6
    threads: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.task not in ("regression", "classification"):
            raise ValueError(f"task={self.task!r} is not allowed: give 'regression' or 'classification'")
        for name, least in (("trials", 0), ("rounds", 1), ("patience", 1), ("gap", 0), ("threads", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give an integer ≥ {least}")
        self._trees: lightgbm.Booster | None = None
        self._calibrator: Any = None

    def parameters(self) -> int:
        """Leaves and splits of all trees."""
        if self._trees is None:
            return 0
        leaves = sum(tree["num_leaves"] for tree in self._trees.dump_model()["tree_info"])
        return 2 * leaves - self._trees.num_trees()

    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        if validation is None:
            raise ValueError("GradientBoosting stops by a validation period: give one")
        stop_by, calibrate_by = self._halves(validation)
        tables = self._table(train), self._table(stop_by)
        chosen = self._tuned(*tables) if self.trials else {}
        self._trees = self._grown(*tables, chosen)
        if self.task == "classification":
            raw = self._raw(calibrate_by)
            self._calibrator = fit_platt(raw, self._outcomes(calibrate_by))
        return {"best_iteration": np.array([self._trees.best_iteration])}

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        raw = self._raw(windows)
        return raw if self._calibrator is None else self._calibrator(raw)

    def _raw(self, windows: "Windows") -> np.ndarray:
        """What the trees say: the target, or log odds before calibration, (n,)."""
        assert self._trees is not None
        rows = np.asarray(windows.last_rows())
        return np.asarray(self._trees.predict(rows, raw_score=True, num_threads=self.threads))

    def _outcomes(self, windows: "Windows") -> np.ndarray:
        """What is to be forecast, (n,)."""
        targets = np.asarray(windows.targets, dtype=np.float64)
        return (targets > self.above).astype(np.float64) if self.task == "classification" else targets

    def _table(self, windows: "Windows") -> tuple[np.ndarray, np.ndarray]:
        """Rows (n, F) and outcomes (n,)."""
        return np.asarray(windows.last_rows()), self._outcomes(windows)

    def _halves(self, validation: "Windows") -> tuple["Windows", "Windows"]:
        """The validation period in two, by date, `gap` sessions apart; a regression stops by all of it."""
        if self.task == "regression":
            return validation, validation
        days = np.unique(np.asarray(validation.samples) % len(validation.dates))  # rows of dates with a sample
        middle = len(days) // 2
        if middle + self.gap >= len(days) or not middle:
            raise ValueError(f"validation of {len(days)} dates is too short: give more than {2 * self.gap + 2}")
        first, second = days[:middle], days[middle + self.gap :]
        return tuple(validation.select(_on_days(validation, part)) for part in (first, second))  # pyright: ignore[reportReturnType] -- two parts

    def _options(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        objective = "binary" if self.task == "classification" else "regression"
        fixed = {"objective": objective, "seed": self.seed, "num_threads": self.threads, "verbosity": -1}
        return DEFAULTS | fixed | {"deterministic": True, "force_row_wise": True, "bagging_freq": 0} | dict(chosen)

    def _grown(self, train: tuple, stop_by: tuple, chosen: Mapping[str, Any]) -> "lightgbm.Booster":
        """Trees grown on one table until the loss on the other stops falling."""
        import lightgbm

        names = list(self._inputs[0])
        data = lightgbm.Dataset(*train, feature_name=names, free_raw_data=False)
        judge = lightgbm.Dataset(*stop_by, reference=data, feature_name=names, free_raw_data=False)
        stop = lightgbm.early_stopping(self.patience, verbose=False)
        return lightgbm.train(self._options(chosen), data, self.rounds, valid_sets=[judge], callbacks=[stop])

    def _tuned(self, train: tuple, stop_by: tuple) -> dict[str, Any]:
        """The best of `trials` settings by the loss on `stop_by`."""
        import optuna

        def loss(trial: "optuna.Trial") -> float:
            grown = self._grown(train, stop_by, _suggested(trial))
            (scores,) = grown.best_score.values()
            return float(next(iter(scores.values())))

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=self.seed))
        study.optimize(loss, n_trials=self.trials)
        return dict(study.best_params)

    def _write(self, folder: Path) -> None:
        assert self._trees is not None
        self._trees.save_model(folder / "trees.txt")
        if self._calibrator is not None:
            (folder / "calibrator.json").write_text(self._calibrator.to_json(), encoding="utf-8")

    def _read(self, folder: Path) -> None:
        import lightgbm

        self._trees = lightgbm.Booster(model_file=folder / "trees.txt")
        if (folder / "calibrator.json").exists():
            self._calibrator = calibrator_from_json((folder / "calibrator.json").read_text(encoding="utf-8"))


def _on_days(windows: "Windows", days: np.ndarray) -> "xr.DataArray":
    """True on these rows of the dates, for every asset."""
    import xarray as xr

    mask = np.zeros((len(windows.dates), len(windows.assets)), dtype=bool)
    mask[days] = True
    return xr.DataArray(mask, {"date": windows.dates, "asset": windows.assets}, ("date", "asset"))


def _suggested(trial: "optuna.Trial") -> dict[str, Any]:
    """One setting of the trees."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 63, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 50, 2000, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 1.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
    }
