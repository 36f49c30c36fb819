"""Random inputs for every pair of the curriculum: for each lesson symbol, keyword arguments for both sides.

The lesson's parameters have the graduate's names, so one set of arguments serves both.
"""

from collections.abc import Callable, Mapping

import numpy as np


def _shocks(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=rng.integers(2, 200))


def _quadratic(rng: np.random.Generator) -> Callable[[np.ndarray], float]:
    a = rng.normal(size=12)
    return lambda x: float(np.sum(np.sin(x)) + np.sum(x**2) * a[0] + np.prod(np.cos(x)) * a[1])


def _layer(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, inputs, outputs = (int(k) for k in rng.integers(1, 7, size=3))
    return rng.normal(size=(rows, inputs)), rng.normal(size=(inputs, outputs)), rng.normal(size=(rows, outputs))


def _linear(rng: np.random.Generator) -> dict:
    x, weight, upstream = _layer(rng)
    return {"x": x, "weight": weight, "bias": upstream[0]}


def _linear_backward(rng: np.random.Generator) -> dict:
    return dict(zip(("x", "weight", "upstream"), _layer(rng), strict=True))


def _points(rng: np.random.Generator) -> dict:
    return {"x": rng.normal(size=tuple(rng.integers(1, 7, size=2))) * 3}


def _loss(rng: np.random.Generator) -> dict:
    shape = tuple(rng.integers(1, 7, size=2))
    return {"prediction": rng.normal(size=shape), "target": rng.normal(size=shape)}


def _places(rng: np.random.Generator) -> dict:
    """Positions before and beyond any window, and two bases."""
    return {
        "positions": rng.integers(-300, 300, size=rng.integers(1, 9)),
        "base": float(rng.choice([100.0, 10_000.0])),
    }


def _turned(rng: np.random.Generator, name: str) -> dict:
    places = _places(rng)
    batch = tuple(rng.integers(1, 4, size=rng.integers(0, 3)))
    return {name: rng.normal(size=(*batch, len(places["positions"]), 2 * rng.integers(1, 5))), **places}


def _table(rng: np.random.Generator) -> tuple[int, int, np.ndarray]:
    """Rows, width, and places of which some come twice."""
    rows, width = (int(k) for k in rng.integers(1, 8, size=2))
    return rows, width, rng.integers(rows, size=tuple(rng.integers(1, 5, size=rng.integers(1, 3))))


def _learned(rng: np.random.Generator) -> dict:
    rows, width, positions = _table(rng)
    return {"table": rng.normal(size=(rows, width)), "positions": positions}


def _learned_backward(rng: np.random.Generator) -> dict:
    rows, width, positions = _table(rng)
    return {"upstream": rng.normal(size=(*positions.shape, width)), "positions": positions, "rows": rows}


CASES: Mapping[str, Callable[[np.random.Generator], dict]] = {
    "day_01.series.ar1": lambda rng: {
        "shocks": _shocks(rng),
        "phi": rng.uniform(-0.99, 0.99),
        "sigma": rng.uniform(0.1, 3),
    },
    "day_01.series.random_walk": lambda rng: {"shocks": _shocks(rng), "sigma": rng.uniform(0.1, 3)},
    "day_01.series.garch": lambda rng: {
        "shocks": _shocks(rng),
        "omega": rng.uniform(1e-6, 1),
        "alpha": rng.uniform(0, 0.4),
        "beta": rng.uniform(0, 0.59),
    },
    "day_01.series.autocorrelation": lambda rng: {
        "x": rng.normal(size=rng.integers(30, 300)) * 10.0 ** rng.integers(-4, 4) + rng.normal(),
        "lags": int(rng.integers(1, 25)),
    },
    "day_01.series.numerical_gradient": lambda rng: {
        "f": _quadratic(rng),
        "x": rng.normal(size=tuple(rng.integers(1, 4, size=2))) * 3,
        "step": 10.0 ** rng.uniform(-7, -1),
    },
    "day_02.linear.linear": _linear,
    "day_02.linear.linear_backward": _linear_backward,
    **{
        f"day_02.linear.{bend}": _points for bend in ("relu", "relu_derivative", "gelu", "gelu_derivative", "gelu_tanh")
    },
    "day_02.linear.mse": _loss,
    "day_02.linear.mae": _loss,
    "day_06.positional.sinusoidal": lambda rng: {"width": 2 * int(rng.integers(1, 6)), **_places(rng)},
    "day_06.positional.learned": _learned,
    "day_06.positional.learned_backward": _learned_backward,
    "day_06.positional.rotary": lambda rng: _turned(rng, "x"),
    "day_06.positional.rotary_backward": lambda rng: _turned(rng, "upstream"),
}
