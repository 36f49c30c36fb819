"""Random inputs for every pair of the curriculum: for each lesson symbol, keyword arguments for both sides.

The lesson's parameters have the graduate's names, so one set of arguments serves both.
"""

from collections.abc import Callable

import numpy as np

from dlcore.handwritten import Linear, MultiHeadAttention


def _shocks(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=rng.integers(2, 200))


def _quadratic(rng: np.random.Generator) -> Callable[[np.ndarray], float]:
    a = rng.normal(size=12)
    return lambda x: float(np.sum(np.sin(x)) + np.sum(x**2) * a[0] + np.prod(np.cos(x)) * a[1])


#: Graduates that are methods: the lesson's arguments in, the lesson's structure out.
ADAPTERS: dict[str, Callable] = {}

CASES: dict[str, Callable[[np.random.Generator], dict]] = {
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
}


# --- Day 5: the lesson's eight arrays against the graduate's four layers ---


def _heads(rng: np.random.Generator) -> dict:
    heads, own, batch, length = (int(k) for k in rng.integers(1, 5, size=4))
    return {"x": rng.normal(size=(batch, length, heads * own)), "heads": heads}


def _multi_head(rng: np.random.Generator) -> dict:
    from challenges.day_05.multi_head import Maps

    case = _heads(rng)
    batch, length, width = case["x"].shape
    maps = Maps(*(rng.normal(size=shape) for _ in range(4) for shape in ((width, width), (width,))))
    masks = (None, rng.random((length, length)) < 0.6, rng.random((batch, length, length)) < 0.6)
    return {**case, "maps": maps, "mask": masks[int(rng.integers(3))]}  # a token that may look at nothing is among them


def _multi_head_backward(rng: np.random.Generator) -> dict:
    case = _multi_head(rng)
    return {**case, "upstream": rng.normal(size=case["x"].shape)}


def _layer_of(maps: tuple, heads: int) -> MultiHeadAttention:
    layers = (Linear(weight, bias) for weight, bias in zip(maps[::2], maps[1::2], strict=True))
    return MultiHeadAttention(*layers, heads)


def _forward(x: np.ndarray, maps: tuple, heads: int, mask: np.ndarray | None) -> tuple:
    return _layer_of(maps, heads).forward(x, mask=mask)


def _backward(x: np.ndarray, maps: tuple, heads: int, upstream: np.ndarray, mask: np.ndarray | None) -> tuple:
    dx, slopes = _layer_of(maps, heads).backward(x, upstream, mask=mask)
    parts = (slopes.query, slopes.key, slopes.value, slopes.output)
    return dx, tuple(array for layer in parts for array in (layer.weight, layer.bias))


CASES |= {
    "day_05.multi_head.split_heads": _heads,
    "day_05.multi_head.merge_heads": lambda rng: {"x": rng.normal(size=tuple(rng.integers(1, 6, size=4)))},
    "day_05.multi_head.multi_head": _multi_head,
    "day_05.multi_head.multi_head_backward": _multi_head_backward,
}
ADAPTERS |= {
    "dlcore.handwritten.attention.MultiHeadAttention.forward": _forward,
    "dlcore.handwritten.attention.MultiHeadAttention.backward": _backward,
}
