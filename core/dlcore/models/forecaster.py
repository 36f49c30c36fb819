"""The contract: fit on windows, predict scores, save to a folder, load from it.

A Forecaster is a frozen set of settings and, once fitted, a state of numbers. On disk both are text and arrays
(`forecaster.json`, `arrays.npz`), so loading a folder can never run anything: there is no pickle.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.windows import Windows


class Forecaster(ABC):
    """A model of the contract. Subclasses are dataclasses: their fields are the settings, known before any data.

    A subclass gives `_learn` (numbers from labelled windows), `_score` (one number per sample), and, where the state
    is not all arrays, `_write` and `_read` for the rest.
    """

    _state: Mapping[str, np.ndarray] | None = None
    _inputs: tuple[tuple[str, ...], int] = ((), 0)  # the features' names and the window's length

    @abstractmethod
    def _learn(self, train: "Windows", validation: "Windows | None") -> dict[str, np.ndarray]:
        """The state, from windows whose targets are all known."""

    @abstractmethod
    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        """One score for each sample, (samples,), of at least one."""

    def fit(self, train: "Windows", validation: "Windows | None" = None) -> Self:
        """Learn.

        Parameters
        ----------
        train : Windows
            Samples whose target is NaN are left out.
        validation : Windows, optional
            For what a model stops, chooses or calibrates by; it never enters a weight otherwise.

        Returns
        -------
        Forecaster
            The same object.

        Raises
        ------
        ValueError
            Without any known target, or for validation windows of other features or length.
        """
        train = train.labelled()
        if not len(train):
            raise ValueError("train has no sample with a known target: give make_windows labels, and an earlier fold")
        self._inputs = (train.feature_names, train.length)
        if validation is not None:
            self._check_inputs(validation)
            validation = validation.labelled()
            if not len(validation):
                raise ValueError("validation has no sample with a known target: give a longer validation period")
        self._state = self._learn(train, validation)
        return self

    def predict(self, windows: "Windows") -> "xr.DataArray":
        """Score every sample.

        Parameters
        ----------
        windows : Windows
            Of the features and length it was fitted on; targets are not looked at.

        Returns
        -------
        DataArray of float64 (date, asset)
            Named `score`, higher is better; NaN where there is no sample.

        Raises
        ------
        ValueError
            Before `fit`, or for windows of other features or length.
        """
        if self._state is None:
            raise ValueError(f"{type(self).__name__} has not been fitted: call fit(train) first")
        self._check_inputs(windows)
        scores = self._score(windows, self._state) if len(windows) else np.empty(0)
        return windows.to_scores(scores)

    def save(self, folder: str | Path) -> None:
        """Write settings and state into a new or empty folder; `forecaster.json` comes last: with it a folder is whole.

        Raises
        ------
        ValueError
            Before `fit`, or if the folder holds something.
        """
        if self._state is None:
            raise ValueError(f"{type(self).__name__} has not been fitted: there is nothing to save")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty: give a new folder, nothing is overwritten")
        np.savez(folder / "arrays.npz", **self._state)  # pyright: ignore[reportArgumentType] -- names are the state's
        self._write(folder)
        names, length = self._inputs
        about = {"model": type(self).__name__, "settings": self.settings(), "features": names, "length": length}
        aside = folder / "forecaster.json.part"
        aside.write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")
        aside.replace(folder / "forecaster.json")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no forecaster in the folder.
        ValueError
            If it is one of another kind.
        """
        about = _read_about(Path(folder))
        if about["model"] != cls.__name__:
            raise ValueError(f"{folder} holds a {about['model']}, not a {cls.__name__}: use load_forecaster")
        model = cls._made(about["settings"], Path(folder))
        model._inputs = (tuple(about["features"]), int(about["length"]))
        with np.load(Path(folder) / "arrays.npz", allow_pickle=False) as arrays:
            model._state = dict(arrays)
        model._read(Path(folder))
        return model

    def settings(self) -> dict[str, Any]:
        """The settings by name, as JSON can hold them."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}  # pyright: ignore[reportArgumentType] -- subclasses are dataclasses

    def parameters(self) -> int:
        """How many numbers were learned; 0 before `fit`."""
        return sum(array.size for array in (self._state or {}).values())

    @classmethod
    def _made(cls, settings: Mapping[str, Any], folder: Path) -> Self:
        """An unfitted model of these settings; lists were tuples before JSON."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})

    def _write(self, folder: Path) -> None:  # noqa: B027 -- most models are arrays and need no more
        """Write what is not an array."""

    def _read(self, folder: Path) -> None:  # noqa: B027 -- as _write
        """Read what is not an array."""

    def _check_inputs(self, windows: "Windows") -> None:
        names, length = self._inputs
        if windows.feature_names != names:
            odd = sorted(set(names) ^ set(windows.feature_names)) or ["the order"]
            raise ValueError(f"windows have other features than the model was fitted on: {odd[0]} differs")
        if windows.length != length:
            raise ValueError(f"windows of length {windows.length}: the model was fitted on length {length}")


def load_forecaster(folder: str | Path) -> Forecaster:
    """Read any model of this room from its folder.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no forecaster, or one that this version does not know.
    """
    room = import_module("dlcore.models")
    name = _read_about(Path(folder))["model"]
    if name not in room.__all__ or not isinstance(kind := getattr(room, name), type):
        raise ValueError(f"{folder} holds a {name!r}: this version knows {', '.join(room.__all__)}")
    return kind.load(folder)


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / "forecaster.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no forecaster: give a folder that save has written")
    return json.loads(path.read_text(encoding="utf-8"))


def flat(windows: "Windows", index: Any = slice(None)) -> np.ndarray:
    """All sessions of the windows side by side, oldest first: float64 (batch, length · features)."""
    batch = np.asarray(windows.batch(index), dtype=np.float64)  # (B, L, F)
    return batch.reshape(len(batch), -1)
