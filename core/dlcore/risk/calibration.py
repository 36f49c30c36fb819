"""Scores that mean what they say: three ways to turn what a model says into a probability.

In come scores and outcomes of a calibration set, which must be no part of the training or the test period; out comes a
small frozen object that maps any scores, and that can be written as JSON and read again, never pickled.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

Scores = TypeVar("Scores")  # an array or a DataArray: what comes in comes out


@dataclass(frozen=True)
class Platt:
    """``1 / (1 + exp(-(slope · score + intercept)))``; NaN stays NaN."""

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        _finite(self.slope, self.intercept)

    def __call__(self, scores: Scores) -> Scores:
        """Probabilities in the shape of the scores."""
        import xarray as xr
        from scipy.special import expit

        return xr.apply_ufunc(lambda x: expit(self.slope * x + self.intercept), scores)

    def to_json(self) -> str:
        """The parameters as one JSON object."""
        return _written(self)


@dataclass(frozen=True)
class Isotonic:
    """Straight lines between points of a rising staircase, level beyond both ends; NaN stays NaN."""

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        _finite(*self.scores, *self.probabilities)
        rising = np.all(np.diff(self.scores) > 0) and np.all(np.diff(self.probabilities) >= 0)
        if not rising or len(self.scores) != len(self.probabilities) or not self.scores:
            raise ValueError("points are not allowed: give as many rising probabilities as rising scores")

    def __call__(self, scores: Scores) -> Scores:
        """Probabilities in the shape of the scores."""
        import xarray as xr

        return xr.apply_ufunc(lambda x: np.interp(x, self.scores, self.probabilities), scores)

    def to_json(self) -> str:
        """The points as one JSON object."""
        return _written(self)


@dataclass(frozen=True)
class Temperature:
    """``softmax(logits / temperature)``: less sure above 1, surer below; the largest class stays the largest."""

    temperature: float

    def __post_init__(self) -> None:
        _finite(self.temperature)
        if self.temperature <= 0:
            raise ValueError(f"temperature={self.temperature!r} is not allowed: give a number above 0")

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities (..., classes) of logits (..., classes)."""
        from scipy.special import softmax

        return softmax(np.asarray(logits, dtype=np.float64) / self.temperature, axis=-1)

    def to_json(self) -> str:
        """The parameter as one JSON object."""
        return _written(self)


Calibrator = Platt | Isotonic | Temperature
_KINDS: dict[str, type[Calibrator]] = {"Platt": Platt, "Isotonic": Isotonic, "Temperature": Temperature}


def fit_platt(scores: np.ndarray, outcomes: np.ndarray) -> Platt:
    """Fit a logistic curve by maximum likelihood, with Platt's targets.

    Parameters
    ----------
    scores : array (...)
        NaN in either array leaves that pair out.
    outcomes : array, same shape
        0 or 1; both must occur.

    Returns
    -------
    Platt
        The targets are ``(N₊ + 1) / (N₊ + 2)`` and ``1 / (N₋ + 2)``, so that separable scores have a finite slope.

    Notes
    -----
    Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers (1999). The
    likelihood is that of Lin, Lin & Weng, Machine Learning 68 (2007), maximised on standardised scores.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    x, y = _pairs(scores, outcomes)
    middle, scale = x.mean(), x.std() or 1.0
    x = (x - middle) / scale
    positive = int(y.sum())
    target = np.where(y == 1, (positive + 1) / (positive + 2), 1 / (len(y) - positive + 2))

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        logit = parameters[0] * x + parameters[1]
        error = expit(logit) - target
        return float((np.logaddexp(0, logit) - target * logit).mean()), np.array([error @ x, error.sum()]) / len(x)

    slope, intercept = minimize(loss, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    return Platt(float(slope / scale), float(intercept - slope * middle / scale))


def fit_isotonic(scores: np.ndarray, outcomes: np.ndarray) -> Isotonic:
    """Fit the rising staircase with the least squared error.

    Parameters
    ----------
    scores, outcomes : arrays of one shape
        As for `fit_platt`. Below some thousand pairs the staircase follows noise: prefer `fit_platt` there.

    Returns
    -------
    Isotonic
        The corners that scikit-learn's `IsotonicRegression` keeps.

    Notes
    -----
    Zadrozny & Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD (2002).
    """
    from sklearn.isotonic import IsotonicRegression

    x, y = _pairs(scores, outcomes)
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(x, y)
    return Isotonic(tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist()))


def fit_temperature(logits: np.ndarray, classes: np.ndarray) -> Temperature:
    """Find the temperature with the largest likelihood.

    The loss is convex in b = 1 / temperature and its slope is ``mean(E_p[logit] - logit of the class)``: its root is
    bracketed and halved.

    Parameters
    ----------
    logits : array (n, classes)
        Finite.
    classes : array (n,)
        Integers from 0: what came.

    Returns
    -------
    Temperature

    Raises
    ------
    ValueError
        For other shapes or classes, and where no temperature from 0.001 to 1000 is best: logits that are never wrong
        would be surest at 0, and logits that are worse than guessing at infinity.

    Notes
    -----
    Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML (2017), section 4.2.

    Examples
    --------
    Sure at odds of 50 to 1, and right three times of four:

    >>> import numpy as np
    >>> from dlcore.risk import fit_temperature
    >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]])
    >>> calibrated = fit_temperature(logits, np.array([0, 0, 0, 1]))
    >>> round(calibrated.temperature, 2), calibrated(logits[0]).round(2)
    (3.64, array([0.75, 0.25]))
    """
    from scipy.special import softmax

    z, came = np.asarray(logits, dtype=np.float64), np.asarray(classes)
    if z.ndim != 2 or z.shape[1] < 2 or came.shape != z.shape[:1] or len(z) == 0 or not np.isfinite(z).all():
        raise ValueError(
            f"logits {z.shape} and classes {came.shape} are not allowed: give finite (n, classes) and (n,)"
        )
    if came.dtype.kind not in "iu" or came.min() < 0 or came.max() >= z.shape[1]:
        raise ValueError(f"classes of {came.dtype} are not allowed: give integers from 0 to {z.shape[1] - 1}")
    hit = z[np.arange(len(z)), came]  # (n,)

    def slope(log_b: float) -> float:
        return float(((softmax(np.exp(log_b) * z, axis=1) * z).sum(axis=1) - hit).mean())

    low, high = np.log(1e-3), np.log(1e3)
    if not slope(low) < 0 < slope(high):
        raise ValueError(
            "no temperature from 0.001 to 1000 is best: the logits are never wrong, or worse than guessing"
        )
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return Temperature(float(np.exp(-(low + high) / 2)))


def calibrator_from_json(text: str) -> Calibrator:
    """Read what `to_json` wrote.

    Parameters
    ----------
    text : str
        One JSON object with `kind` and the parameters.

    Returns
    -------
    Platt, Isotonic or Temperature
        Equal to the one that was written.

    Raises
    ------
    ValueError
        For anything else.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        kind: Any = _KINDS[content.pop("kind")]
        return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in content.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{text[:60]!r} is no calibrator ({error}): give what to_json wrote") from None


def _finite(*parameters: float) -> None:
    for value in parameters:
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise ValueError(f"parameter {value!r} is not allowed: give finite numbers")


def _written(calibrator: Calibrator) -> str:
    return json.dumps({"kind": type(calibrator).__name__} | asdict(calibrator))


def _pairs(scores: np.ndarray, outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores and outcomes (n,) where both are known."""
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"scores {x.shape} and outcomes {y.shape} are not allowed: give one shape")
    if np.isinf(x).any():
        raise ValueError(f"scores hold {int(np.isinf(x).sum())} infinities: give finite numbers or NaN")
    known = np.isfinite(x) & ~np.isnan(y)
    x, y = x[known], y[known]
    if set(np.unique(y)) != {0.0, 1.0}:
        raise ValueError(f"outcomes {np.unique(y)[:3]} are not allowed: give 0 and 1, each at least once")
    return x, y
