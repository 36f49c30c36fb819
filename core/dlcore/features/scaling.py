"""Scales for features: fitted on training dates and then held, trailing, or across one date.

In come features, a Dataset `(date, asset)`, and the training cells of a fold; out come features on the same labels.
What has been fitted refuses every date that it has seen: those are had from `fit_transform` alone, so that no one
scores a model on dates that its scaler knew. `to_dict` and `from_dict` carry a scaler through JSON.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from dlcore.features.selection import training_cells

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CrossSection", "Fitted", "RollingZScore", "SeenDatesError", "from_dict"]


class SeenDatesError(ValueError):
    """A fitted scaler was given dates that it was fitted on, or older ones."""


def standard(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation (ddof 0)."""
    return float(values.mean()), float(values.std())


def robust(values: np.ndarray) -> tuple[float, float]:
    """Median and interquartile range."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(high - low)


METHODS: dict[str, Callable[[np.ndarray], tuple[float, float]]] = {"standard": standard, "robust": robust}


class Fitted:
    """``(x − center) / scale``, both numbers of each feature taken from training cells and then held.

    Parameters
    ----------
    method : {"standard", "robust"}
        Mean and standard deviation (ddof 0), or median and interquartile range, over all training cells of a feature.

    Attributes
    ----------
    center, scale : dict of name to float
        In units of the features; empty before `fit`.
    fitted_until : str
        The last training date, YYYY-MM-DD or with the time of day; empty before `fit`.
    """

    def __init__(self, method: Literal["standard", "robust"] = "standard") -> None:
        if method not in METHODS:
            raise ValueError(f"method={method!r} is not allowed: give {' or '.join(METHODS)}")
        self.method = method
        self.center: dict[str, float] = {}
        self.scale: dict[str, float] = {}
        self.fitted_until = ""

    def fit(self, features: "xr.Dataset", train: "xr.DataArray") -> Self:
        """Take center and scale from the training cells.

        Parameters
        ----------
        features : Dataset (date, asset)
            NaN does not count.
        train : DataArray of bool (date, asset) or (date,)
            True where a cell may be looked at, such as `Fold.train`.

        Returns
        -------
        Fitted
            Itself; what it knew before is forgotten.

        Raises
        ------
        ValueError
            For a mask on other labels or without a training cell, a feature that is unknown or constant in training.
        """
        cells = training_cells(features, train)
        center, scale = {}, {}
        for name, values in features.data_vars.items():
            inside = values.transpose("date", "asset").to_numpy()[cells]
            inside = inside[~np.isnan(inside)]
            if inside.size == 0 or inside.min() == inside.max():
                raise ValueError(f"{name} is unknown or constant in training: drop it, or give more training dates")
            center[str(name)], scale[str(name)] = METHODS[self.method](inside)
            if not (np.isfinite(scale[str(name)]) and scale[str(name)] > 0):
                raise ValueError(f"{name} has the {self.method} scale {scale[str(name)]:g} in training: drop it")
        self.center, self.scale = center, scale
        self.fitted_until = str(np.datetime_as_string(features["date"].to_numpy()[cells.any(axis=1)][-1], unit="auto"))
        return self

    def transform(self, features: "xr.Dataset") -> "xr.Dataset":
        """Scale features of dates after the training.

        Parameters
        ----------
        features : Dataset (date, asset)
            The features of the fit, on later dates; any assets.

        Returns
        -------
        Dataset (date, asset)
            Without unit; NaN stays.

        Raises
        ------
        SeenDatesError
            For a date not after `fitted_until`.
        ValueError
            Before `fit`, and for other features.
        """
        self._check(features)
        dates = features["date"].to_numpy()
        if dates.size and dates.min() <= np.datetime64(self.fitted_until):
            first = np.datetime_as_string(dates.min(), unit="auto")
            raise SeenDatesError(
                f"date {first} is not allowed: the scaler has seen all up to {self.fitted_until}; give later dates, "
                "or call fit_transform for the training dates"
            )
        return self._scaled(features)

    def fit_transform(self, features: "xr.Dataset", train: "xr.DataArray") -> "xr.Dataset":
        """Fit, and scale the dates that were fitted on.

        Parameters
        ----------
        features, train
            As for `fit`.

        Returns
        -------
        Dataset (date, asset)
            All dates up to `fitted_until`, the days between training cells too, for windows reach back into them.
            Followed by `transform` of the later dates it is the whole history, on one scale.

        Raises
        ------
        ValueError
            As `fit`.
        """
        self.fit(features, train)
        return self._scaled(features.isel(date=features["date"].to_numpy() <= np.datetime64(self.fitted_until)))

    def to_dict(self) -> dict[str, Any]:
        """Everything the scaler knows, ready for JSON."""
        state = {"center": self.center, "scale": self.scale, "fitted_until": self.fitted_until}
        return {"kind": "fitted", "method": self.method} | state

    def _check(self, features: "xr.Dataset") -> None:
        if not self.fitted_until:
            raise ValueError("the scaler has seen no training data: call fit or fit_transform first")
        if other := set(self.center) ^ set(map(str, features.data_vars)):
            raise ValueError(f"feature {min(other)!r} is only in the fit or only here: give {', '.join(self.center)}")

    def _scaled(self, features: "xr.Dataset") -> "xr.Dataset":
        return _each(features, lambda x: (x - self.center[str(x.name)]) / self.scale[str(x.name)], "none")


class RollingZScore:
    """`rolling_zscore` of every feature, asset by asset; there is nothing to fit, and so no date to refuse.

    Parameters
    ----------
    window : int
        Sessions, ≥ 2, today's among them.
    """

    def __init__(self, window: int) -> None:
        from dlcore.features.labelled import count

        self.window = count("window", window, 2)

    def fit(self, features: "xr.Dataset", train: "xr.DataArray") -> Self:
        """Check the mask; each value is scaled by its own past."""
        training_cells(features, train)
        return self

    def transform(self, features: "xr.Dataset") -> "xr.Dataset":
        """Scale features; the first `window` − 1 dates of what is given are NaN, so give the history before them."""
        from dlcore.features.indicators import rolling_zscore

        return features.assign({name: rolling_zscore(x, self.window) for name, x in features.data_vars.items()})

    def fit_transform(self, features: "xr.Dataset", train: "xr.DataArray") -> "xr.Dataset":
        """Check the mask and scale all dates."""
        return self.fit(features, train).transform(features)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"kind": "rolling_zscore", "window": self.window}


class CrossSection:
    """Each date on its own, across its assets; there is nothing to fit, and so no date to refuse.

    Parameters
    ----------
    method : {"zscore", "rank"}
        (x − mean) / standard deviation (ddof 0) of the date, NaN where all are equal; or (rank − ½) / n − ½ in
        (−½, ½), ties at their mean rank, NaN for a value alone on its date. Only known values count: take others out
        with `features.where(universe)`.
    """

    def __init__(self, method: Literal["zscore", "rank"] = "zscore") -> None:
        if method not in ("zscore", "rank"):
            raise ValueError(f"method={method!r} is not allowed: give zscore or rank")
        self.method = method

    def fit(self, features: "xr.Dataset", train: "xr.DataArray") -> Self:
        """Check the mask; each date is scaled by itself."""
        training_cells(features, train)
        return self

    def transform(self, features: "xr.Dataset") -> "xr.Dataset":
        """Scale features; NaN stays."""
        from dlcore.features.kernels.ranks import centred_rank_rows
        from dlcore.features.labelled import known

        across = centred_rank_rows if self.method == "rank" else _zscore_rows
        return _each(features, lambda x: x.transpose("date", "asset").copy(data=across(known(x))), self.method)

    def fit_transform(self, features: "xr.Dataset", train: "xr.DataArray") -> "xr.Dataset":
        """Check the mask and scale all dates."""
        return self.fit(features, train).transform(features)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"kind": "cross_section", "method": self.method}


def from_dict(state: Mapping[str, Any]) -> Fitted | RollingZScore | CrossSection:
    """Make a scaler from what `to_dict` wrote.

    Parameters
    ----------
    state : mapping
        `kind`, and what belongs to it.

    Returns
    -------
    Fitted, RollingZScore or CrossSection

    Raises
    ------
    ValueError
        For an unknown kind or method, a missing entry, a scale that is not above 0.
    """
    kinds = {"fitted": _fitted, "rolling_zscore": lambda s: RollingZScore(s["window"])}
    kinds["cross_section"] = lambda s: CrossSection(s["method"])
    if state.get("kind") not in kinds:
        raise ValueError(f"kind={state.get('kind')!r} is not allowed: give {', '.join(kinds)}")
    try:
        return kinds[state["kind"]](state)
    except KeyError as error:
        raise ValueError(f"the state of a {state['kind']} scaler lacks {error}: give what to_dict wrote") from None


def _fitted(state: Mapping[str, Any]) -> Fitted:
    scaler = Fitted(state["method"])
    scaler.center = {str(name): float(value) for name, value in state["center"].items()}
    scaler.scale = {str(name): float(value) for name, value in state["scale"].items()}
    scaler.fitted_until = str(state["fitted_until"])
    if set(scaler.center) != set(scaler.scale) or not all(0 < x < np.inf for x in scaler.scale.values()):
        raise ValueError("center and scale do not fit: give one of each for every feature, scales > 0")
    return scaler


def _zscore_rows(values: np.ndarray) -> np.ndarray:
    """Each row (dates, assets) less its mean, over its standard deviation; NaN where it does not vary."""
    known = ~np.isnan(values)
    number = np.maximum(known.sum(axis=1, keepdims=True), 1)  # (dates, 1)
    first = np.take_along_axis(values, known.argmax(axis=1)[:, None], axis=1)
    deviation = values - first  # exactly 0 where all are equal
    deviation -= np.where(known, deviation, 0.0).sum(axis=1, keepdims=True) / number
    scale = np.sqrt((np.where(known, deviation, 0.0) ** 2).sum(axis=1, keepdims=True) / number)
    return deviation / np.where(scale > 0, scale, np.nan)


def _each(features: "xr.Dataset", scaled: "Callable[[xr.DataArray], xr.DataArray]", unit: str) -> "xr.Dataset":
    """Every feature scaled, with its attrs except the unit."""
    return features.assign(
        {name: scaled(x).assign_attrs(x.attrs | {"unit": unit}) for name, x in features.data_vars.items()}
    )
