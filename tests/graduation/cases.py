"""Random inputs for every pair of the curriculum: for each lesson symbol, keyword arguments for both sides.

The lesson's parameters have the graduate's names, so one set of arguments serves both.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dlcore.handwritten import Linear, MultiHeadAttention
from dlcore.nn import LayerNorm, RevIN, RMSNorm


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


def _adam_step(rng: np.random.Generator) -> dict:
    shape = tuple(int(k) for k in rng.integers(1, 6, size=rng.integers(1, 4)))
    return {
        "parameter": rng.normal(size=shape),
        "gradient": rng.normal(size=shape) * 10.0 ** rng.integers(-6, 4),
        "mean": rng.normal(size=shape),
        "square": rng.uniform(0, 2, size=shape),
        "step": int(rng.integers(1, 2000)),
        "rate": 10.0 ** rng.uniform(-5, 0),
        "decay": (rng.uniform(0, 0.99), rng.uniform(0.5, 0.9999)),
        "epsilon": 10.0 ** rng.uniform(-9, -1),
    }


def _days(rng: np.random.Generator) -> np.ndarray:
    """(…, length, width) of any batch shape, and of a size between 1e-3, where ε is not small, and 10."""
    return rng.normal(size=rng.integers(2, 7, size=rng.integers(2, 5))) * 10.0 ** rng.integers(-3, 2) + rng.normal()


def _thinking(rng: np.random.Generator) -> dict:
    x, hidden = _days(rng), int(rng.integers(1, 9))
    width = x.shape[-1]
    return {
        "x": x,
        "expand": Linear(rng.normal(size=(width, hidden)), rng.normal(size=hidden)),
        "contract": Linear(rng.normal(size=(hidden, width)), rng.normal(size=width)),
    }


def _normed(rng: np.random.Generator) -> dict:
    x = _days(rng)
    gain, bias = rng.normal(size=(2, x.shape[-1]))
    return {"x": x, "gain": gain, "bias": bias, "epsilon": 10.0 ** rng.integers(-8, 1)}


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
    "day_02.linear.linear": _linear,
    "day_02.linear.linear_backward": _linear_backward,
    **{
        f"day_02.linear.{bend}": _points for bend in ("relu", "relu_derivative", "gelu", "gelu_derivative", "gelu_tanh")
    },
    "day_02.linear.mse": _loss,
    "day_02.linear.mae": _loss,
    # Day 3; forward, backward and training are compared in test_day_03.py
    "day_03.mlp.adam_step": _adam_step,
}


# --- Day 4: attention, with and without a mask, rows that may look at nobody, and scores of ±10,000 ---


def _scores(rng: np.random.Generator) -> dict:
    shape = tuple(int(k) for k in rng.integers(1, 7, size=rng.integers(1, 4)))
    mask = rng.random(shape) < rng.choice([0.0, 0.5, 1.0])
    return {"x": rng.normal(size=shape) * 10.0 ** rng.integers(-3, 5), "mask": mask if rng.random() < 0.7 else None}


def _shares(rng: np.random.Generator) -> dict:
    upstream = rng.normal(size=tuple(int(k) for k in rng.integers(1, 7, size=2)))
    return {"weights": rng.dirichlet(np.ones(upstream.shape[1]), size=len(upstream)), "upstream": upstream}


def _attention(rng: np.random.Generator) -> dict:
    queries, keys, width, values = (int(k) for k in rng.integers(1, 7, size=4))
    inputs = {"query": rng.normal(size=(queries, width)), "key": rng.normal(size=(keys, width))}
    inputs["query"] *= 10.0 ** rng.integers(-3, 5)
    mask = rng.random((queries, keys)) < rng.choice([0.0, 0.3, 0.7, 1.0])
    return inputs | {"value": rng.normal(size=(keys, values)), "mask": mask if rng.random() < 0.7 else None}


def _attention_backward(rng: np.random.Generator) -> dict:
    inputs = _attention(rng)
    return inputs | {"upstream": rng.normal(size=(len(inputs["query"]), inputs["value"].shape[1]))}


CASES |= {
    "day_04.attention.softmax": _scores,
    "day_04.attention.softmax_backward": _shares,
    "day_04.attention.attention": _attention,
    "day_04.attention.attention_backward": _attention_backward,
    # day 7
    "day_07.encoder.layer_norm": _normed,
    "day_07.encoder.feed_forward": _thinking,
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


# --- Day 6: positions ---

CASES |= {
    "day_06.positional.sinusoidal": lambda rng: {"width": 2 * int(rng.integers(1, 6)), **_places(rng)},
    "day_06.positional.learned": _learned,
    "day_06.positional.learned_backward": _learned_backward,
    "day_06.positional.rotary": lambda rng: _turned(rng, "x"),
    "day_06.positional.rotary_backward": lambda rng: _turned(rng, "upstream"),
}


# --- Day 8: the slope at an array, from the slope at what numpy stretched it to; the engines meet in test_day_08.py ---


def _stretched(rng: np.random.Generator) -> dict:
    wide = tuple(int(k) for k in rng.integers(1, 5, size=rng.integers(0, 4)))
    shape = tuple(size if rng.random() < 0.6 else 1 for size in wide[rng.integers(0, len(wide) + 1) :])
    return {"gradient": rng.normal(size=wide), "shape": shape}


CASES |= {"day_08.autograd.unbroadcast": _stretched}


# --- Day 9: functions against modules; slopes by hand against those that torch gets from the graduate ---


def _rows(rng: np.random.Generator) -> dict:
    """Torch's rows, of a size between 1e-3, where ε is not small, and 10."""
    case = _normed(rng)
    case["weight"] = case.pop("gain")
    return {name: torch.tensor(value) if name != "epsilon" else float(value) for name, value in case.items()}


def _rows_backward(rng: np.random.Generator) -> dict:
    case = _rows(rng)
    del case["bias"]
    return case | {"upstream": torch.tensor(rng.normal(size=tuple(case["x"].shape)))}


def _window(rng: np.random.Generator) -> dict:
    window = rng.normal(size=rng.integers(1, 7, size=3)) * 10.0 ** rng.integers(-3, 3) + 10 * rng.normal()
    return {"window": torch.tensor(window), "epsilon": 10.0 ** rng.integers(-8, 1)}


def _restore(rng: np.random.Generator) -> dict:
    case = _window(rng)
    batch, _, features = case["window"].shape
    return case | {"forecast": torch.tensor(rng.normal(size=(batch, int(rng.integers(1, 6)), features)))}


def _layer_norm_module(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    layer = LayerNorm(x.shape[-1], epsilon=epsilon).to(x.dtype)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer(x).detach()


def _layer_norm_slopes(x: Tensor, weight: Tensor, upstream: Tensor, epsilon: float) -> tuple[Tensor, ...]:
    layer = LayerNorm(x.shape[-1], epsilon=epsilon).to(x.dtype)
    layer.load_state_dict({"weight": weight, "bias": torch.zeros_like(weight)})
    x = x.clone().requires_grad_()
    return torch.autograd.grad(layer(x), (x, layer.weight, layer.bias), upstream)


def _rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    layer = RMSNorm(x.shape[-1], epsilon=epsilon).to(x.dtype)
    layer.load_state_dict({"weight": weight})
    return layer(x).detach()


def _revin(window: Tensor, epsilon: float) -> tuple[Tensor, ...]:
    z, scale = RevIN(window.shape[-1], affine=False, epsilon=epsilon)(window)
    return z, scale.mean, scale.sd


def _revin_back(forecast: Tensor, window: Tensor, epsilon: float) -> Tensor:
    layer = RevIN(window.shape[-1], affine=False, epsilon=epsilon)
    return layer.restore(forecast, layer(window)[1])


CASES |= {
    "day_09.layer_norm.layer_norm": _rows,
    "day_09.layer_norm.layer_norm_forward": _rows,
    "day_09.layer_norm.layer_norm_backward": _rows_backward,
    "day_09.layer_norm.rms_norm": lambda rng: {k: v for k, v in _rows(rng).items() if k != "bias"},
    "day_09.layer_norm.normalise_window": _window,
    "day_09.layer_norm.restore": _restore,
}
ADAPTERS |= {
    "dlcore.nn.norm.LayerNorm.forward": _layer_norm_module,
    "dlcore.nn.norm.LayerNorm": _layer_norm_slopes,
    "dlcore.nn.norm.RMSNorm": _rms_norm,
    "dlcore.nn.norm.RevIN.forward": _revin,
    "dlcore.nn.norm.RevIN.restore": _revin_back,
}


# --- Day 10: convolution over days, and regimes; slopes and the residual block meet in test_day_10.py ---


def _causal_conv1d(rng: np.random.Generator) -> dict:
    import torch

    batch, length, inputs, outputs, taps, dilation = (int(k) for k in rng.integers(1, 7, size=6))
    shapes = {"x": (batch, length, inputs), "weight": (outputs, inputs, taps), "bias": (outputs,)}
    case = {name: torch.tensor(rng.normal(size=shape)) for name, shape in shapes.items()}
    return case | {"bias": case["bias"] if rng.random() < 0.7 else None, "dilation": dilation}


def _field(rng: np.random.Generator) -> dict:
    dilations = [int(k) for k in rng.integers(1, 9, size=rng.integers(1, 5))]
    return {"taps": int(rng.integers(1, 6)), "dilations": dilations, "convolutions": int(rng.integers(1, 4))}


def _switching(rng: np.random.Generator) -> dict:
    case = {"mean": rng.normal(size=2) / 100, "variance": rng.uniform(0.2, 3, size=2) / 1000}
    return {"returns": 0.03 * rng.normal(size=int(rng.integers(1, 60))), **case, "transition": rng.dirichlet([2, 2], 2)}


def _two_passes(rng: np.random.Generator) -> dict:
    from challenges.day_10.causal_conv import filtered

    case = _switching(rng)
    after, before = filtered(**case)
    return {"after": after, "before": before, "transition": case["transition"]}


def _turns(rng: np.random.Generator) -> dict:
    wild = np.cumsum(rng.random(300) < 0.03) % 2
    returns = np.array([0.006, 0.02])[wild] * rng.normal(size=300)
    return {"returns": returns, "refit": int(rng.integers(20, 90)), "minimum": int(rng.integers(120, 200))}


def _hamilton(returns: np.ndarray, mean: np.ndarray, variance: np.ndarray, transition: np.ndarray) -> tuple:
    from dlcore.features.regimes.kernels import hamilton_filter
    from dlcore.features.regimes.markov import steady_state

    return hamilton_filter(returns, mean, variance, transition, steady_state(transition))[:2]


def _kim(after: np.ndarray, before: np.ndarray, transition: np.ndarray) -> np.ndarray:
    from dlcore.features.regimes.kernels import kim_smoother

    return kim_smoother(after, before, transition)[0]


def _on_the_day(returns: np.ndarray, refit: int, minimum: int) -> np.ndarray:
    import pandas as pd
    import xarray as xr

    from dlcore.features.regimes import switching_regimes

    dated = xr.DataArray(returns, {"date": pd.date_range("2000-01-03", periods=len(returns))}, ("date",))
    return switching_regimes(dated, refit=refit, minimum=minimum)["probability"].to_numpy()


CASES |= {
    "day_10.causal_conv.causal_conv1d": _causal_conv1d,
    "day_10.causal_conv.receptive_field": _field,
    "day_10.causal_conv.filtered": _switching,
    "day_10.causal_conv.smoothed": _two_passes,
    "day_10.causal_conv.filtered_regimes": _turns,
}
ADAPTERS |= {
    "dlcore.features.regimes.kernels.hamilton_filter": _hamilton,
    "dlcore.features.regimes.kernels.kim_smoother": _kim,
    "dlcore.features.regimes.switching.switching_regimes": _on_the_day,
}


# --- Day 11: attention in torch ---


def _asked(rng: np.random.Generator) -> dict:
    """Queries, keys, values as float64 tensors, one axis in front or none; a mask may leave a query nothing to see."""
    import torch

    length, keys, width, out = (int(k) for k in rng.integers(1, 7, size=4))
    batch = tuple(int(k) for k in rng.integers(1, 4, size=rng.integers(0, 3)))
    shapes = {"q": (length, width), "k": (keys, width), "v": (keys, out)}
    case = {name: torch.tensor(rng.normal(size=(*batch, *shape))) for name, shape in shapes.items()}
    masks = (None, rng.random((length, keys)) < 0.5, rng.random((*batch, length, keys)) < 0.5)
    mask = masks[int(rng.integers(3))]
    return {**case, "mask": None if mask is None else torch.tensor(mask)}


def _tokens(rng: np.random.Generator) -> dict:
    """Tokens, two linear maps drawn at random, a number of heads, and who may look and is there, in all four ways."""
    import torch

    batch, length, heads = (int(k) for k in rng.integers(1, 5, size=3))
    width = heads * int(rng.integers(1, 4))
    layers = {"projection": (width, 3 * width), "output": (width, width)}
    case = {name: torch.nn.Linear(*shape, dtype=torch.float64).requires_grad_(False) for name, shape in layers.items()}
    for layer in case.values():
        layer.weight.copy_(torch.tensor(rng.normal(size=layer.weight.shape)))
        layer.bias.copy_(torch.tensor(rng.normal(size=layer.bias.shape)))
    tables = {"mask": (length, length), "present": (batch, length)}
    given = {
        name: torch.tensor(rng.random(shape) < 0.6) if rng.random() < 0.6 else None for name, shape in tables.items()
    }
    return {"x": torch.tensor(rng.normal(size=(batch, length, width))), "heads": heads, **case, **given}


def _multi_head_in_torch(x, projection, output, heads, mask, present):
    from dlcore.nn import MultiHeadAttention as InTorch

    layer = InTorch(x.shape[-1], heads).to(x).requires_grad_(False)
    layer.projection.load_state_dict(projection.state_dict())
    layer.output.load_state_dict(output.state_dict())
    return layer(x, mask=mask, present=present)


CASES |= {
    "day_11.attention.causal_mask": lambda rng: {"queries": int(rng.integers(1, 9)), "keys": int(rng.integers(1, 9))},
    "day_11.attention.attention": _asked,
    "day_11.attention.fused_attention": _asked,
    "day_11.attention.multi_head": _tokens,
}
ADAPTERS |= {"dlcore.nn.heads.MultiHeadAttention.forward": _multi_head_in_torch}


# --- Day 12: the lesson's functions on the lesson's modules, the graduates with the same weights ---


def _fixed(module, rng: np.random.Generator):
    """The module with drawn weights and gains, float64, that ask for no gradient."""
    import torch

    for parameter in module.double().parameters():
        parameter.requires_grad_(False).copy_(torch.from_numpy(rng.normal(size=tuple(parameter.shape)) / 2))
    return module.eval()


def _windows_and_mask(rng: np.random.Generator, width: int) -> dict:
    import torch

    batch, length = (int(k) for k in rng.integers(1, 6, size=2))
    x = torch.from_numpy(rng.normal(size=(batch, length, width)) * 10.0 ** rng.integers(-3, 2))
    masks = (None, torch.ones(length, length).tril().bool(), torch.from_numpy(rng.random((length, length)) < 0.5))
    return {"x": x, "mask": masks[int(rng.integers(3))]}  # a day that may look at nothing is among them


def _sizes(rng: np.random.Generator) -> tuple[int, int, int]:
    heads, own, hidden = (int(k) for k in rng.integers(1, 5, size=3))
    return heads * own, heads, hidden


def _block(rng: np.random.Generator) -> dict:
    from challenges.day_12.encoder import Block

    block = _fixed(Block(*_sizes(rng)), rng)
    parts = {"attention": block.attention, "feed_forward": block.feed_forward, "norms": tuple(block.norms)}
    return _windows_and_mask(rng, block.attention.width) | parts | {"drop": block.drop}


def _stack(rng: np.random.Generator) -> dict:
    from challenges.day_12.encoder import Block
    from dlcore.nn import LayerNorm

    sizes = _sizes(rng)
    blocks = [_fixed(Block(*sizes), rng) for _ in range(int(rng.integers(1, 4)))]
    return _windows_and_mask(rng, sizes[0]) | {"blocks": blocks, "last_norm": _fixed(LayerNorm(sizes[0]), rng)}


def _placed(rng: np.random.Generator) -> dict:
    import torch

    batch, length, more, width = (int(k) for k in rng.integers(1, 6, size=4))
    table = torch.from_numpy(rng.normal(size=(length + more, width)))
    return {"x": torch.from_numpy(rng.normal(size=(batch, length, width))), "table": table}


def _layer_from(attention, feed_forward, norms):
    """The graduate with the weights of these parts."""
    from dlcore.nn import EncoderLayer

    layer = EncoderLayer(attention.width, attention.heads, hidden=feed_forward[0].out_features, dropout=0.0).double()
    layer.attention.load_state_dict(attention.state_dict())
    pairs = ((layer.expand, feed_forward[0]), (layer.contract, feed_forward[2]))
    for mine, given in (*pairs, (layer.first_norm, norms[0]), (layer.second_norm, norms[1])):
        mine.load_state_dict(given.state_dict())
    return layer.requires_grad_(False)


def _encoder_layer(x, attention, feed_forward, norms, drop, mask):
    return _layer_from(attention, feed_forward, norms)(x, mask=mask)


def _encoder(x, blocks, last_norm, mask):
    from dlcore.nn import Encoder

    first = blocks[0]
    settings = {"hidden": first.feed_forward[0].out_features, "dropout": 0.0}
    stack = Encoder(first.attention.width, first.attention.heads, len(blocks), **settings).double()
    for layer, block in zip(stack.layers, blocks, strict=True):
        layer.load_state_dict(_layer_from(block.attention, block.feed_forward, tuple(block.norms)).state_dict())
    stack.last_norm.load_state_dict(last_norm.state_dict())
    return stack.requires_grad_(False)(x, mask=mask)


def _learned_positions(x, table):
    from dlcore.nn import LearnedPositions

    places = LearnedPositions(*table.shape).double().requires_grad_(False)
    places.table.copy_(table)
    return places(x)


CASES |= {
    "day_12.encoder.encoder_block": _block,
    "day_12.encoder.encode": _stack,
    "day_12.encoder.add_positions": _placed,
}
ADAPTERS |= {
    "dlcore.nn.encoder.EncoderLayer.forward": _encoder_layer,
    "dlcore.nn.encoder.Encoder.forward": _encoder,
    "dlcore.nn.positional.LearnedPositions.forward": _learned_positions,
}


# --- Day 13: three heads, temperature, conformal ---


def _headed(rng: np.random.Generator) -> dict:
    import torch

    rows = int(rng.integers(1, 9))
    wanted = {"return": rng.normal(size=rows) / 100, "volatility": rng.normal(size=rows)}
    wanted["regime"] = rng.integers(-1, 2, rows).astype(float)
    for values in wanted.values():
        values[rng.random(rows) < 0.3] = np.nan
    said = {name: rng.normal(size=(rows, 3 if name == "regime" else 1)) for name in wanted}
    spreads = {"return": float(rng.uniform(0.005, 0.02)), "volatility": float(rng.uniform(0.3, 2))}
    kept = [name for name in said if rng.random() < 0.8] or ["return"]
    return {
        "said": {name: torch.from_numpy(said[name]) for name in kept},
        "wanted": {name: torch.from_numpy(values) for name, values in wanted.items()},
        "spreads": spreads,
        "weight": float(rng.uniform(0, 5)),
    }


def _variances(rng: np.random.Generator) -> dict:
    return {"forecast": rng.uniform(0.1, 3, 20), "measured": rng.chisquare(1, 20)}


def _sure(rng: np.random.Generator) -> dict:
    shape = rng.integers(2, 6, size=rng.integers(1, 4))
    return {"logits": rng.normal(size=shape) * 10.0 ** rng.integers(-1, 5), "temperature": float(rng.uniform(0.1, 9))}


def _classes(rng: np.random.Generator) -> dict:
    logits = rng.normal(size=(60, int(rng.integers(2, 5))))
    noise = rng.gumbel(size=logits.shape)  # its argmax is drawn from the softmax: some temperature is best
    return {"logits": logits * 10.0 ** rng.uniform(-1, 1), "classes": (logits + noise).argmax(1)}


def _residuals(rng: np.random.Generator) -> dict:
    return {"residuals": rng.standard_t(3, int(rng.integers(0, 40))), "coverage": float(rng.choice([0.5, 0.8, 0.9]))}


def _intervals(rng: np.random.Generator) -> dict:
    return {"predictions": rng.normal(size=int(rng.integers(1, 9)))} | _residuals(rng)


def _as_time_goes_by(rng: np.random.Generator) -> dict:
    days = int(rng.integers(30, 90))
    choices = {"delay": int(rng.integers(1, 7)), "window": int(rng.integers(5, 60)), "coverage": 0.8}
    choices["rate"] = float(rng.choice([0.0, 0.02, 0.3]))
    return {"predictions": rng.normal(size=days), "outcomes": rng.standard_t(3, days)} | choices


def _on_days(values):
    import pandas as pd
    import xarray as xr

    return xr.DataArray(values, {"date": pd.bdate_range("2020-01-01", periods=len(values))}, ("date",))


def _variance_loss(forecast, measured):
    from dlcore.risk import variance_loss

    ahead = _on_days(np.concatenate([[0.0], measured]))  # what a day's forecast is held to comes a day later
    return variance_loss(_on_days(np.concatenate([forecast, [np.nan]])), ahead).to_numpy()[:-1]


def _temperature(logits, temperature):
    from dlcore.risk.calibration import Temperature

    return Temperature(temperature)(logits)


def _fitted_temperature(logits, classes):
    from dlcore.risk import fit_temperature

    return fit_temperature(logits, classes).temperature


def _ends(intervals, *names):
    return tuple(intervals[name].to_numpy() for name in ("lower", "upper", *names))


def _split(predictions, residuals, coverage):
    from dlcore.risk import split_conformal

    return _ends(split_conformal(_on_days(predictions), residuals, coverage=coverage))


def _adaptive(predictions, outcomes, **choices):
    from dlcore.risk import adaptive_conformal

    return _ends(adaptive_conformal(_on_days(predictions), _on_days(outcomes), **choices), "alpha")


CASES |= {
    "day_13.heads.multi_task_loss": _headed,
    "day_13.heads.qlike": _variances,
    "day_13.heads.temperature_scale": _sure,
    "day_13.heads.fit_temperature": _classes,
    "day_13.heads.conformal_quantile": _residuals,
    "day_13.heads.split_conformal": _intervals,
    "day_13.heads.adaptive_conformal": _as_time_goes_by,
}
ADAPTERS |= {
    "dlcore.risk.losses.variance_loss": _variance_loss,
    "dlcore.risk.calibration.Temperature": _temperature,
    "dlcore.risk.calibration.fit_temperature": _fitted_temperature,
    "dlcore.risk.conformal.split_conformal": _split,
    "dlcore.risk.conformal.adaptive_conformal": _adaptive,
}


# --- Day 14: the lesson's functions on the graduates' own layers ---


def _channels(rng: np.random.Generator) -> tuple[Tensor, int, int]:
    """Windows of channels that differ in level and size, and how far ahead."""
    batch, look_back, channels, horizon = (int(k) for k in rng.integers(1, 7, size=4))
    scale = 10.0 ** rng.integers(-2, 3, size=channels)
    windows = rng.normal(size=(batch, look_back + 1, channels)) * scale + rng.normal(size=channels) * scale
    return torch.from_numpy(windows), look_back + 1, horizon


def _drawn_network(network, rng: np.random.Generator):
    """All weights drawn, float64, nothing dropped."""
    for parameter in network.double().parameters():
        parameter.requires_grad_(False).copy_(torch.from_numpy(rng.normal(size=tuple(parameter.shape)) / 2))
    return network.eval()


def _averaged(rng: np.random.Generator) -> dict:
    windows, *_ = _channels(rng)
    return {"windows": windows, "taps": 2 * int(rng.integers(0, 8)) + 1}


def _decomposed(rng: np.random.Generator) -> dict:
    from dlcore.models.linear_forecasters import DecomposedLinear

    windows, look_back, horizon = _channels(rng)
    taps = 2 * int(rng.integers(0, 5)) + 1
    network = _drawn_network(DecomposedLinear(look_back, horizon, taps), rng)
    return {"windows": windows, "seasonal": network.seasonal, "trendwise": network.trendwise, "taps": taps}


def _last_subtracted(rng: np.random.Generator) -> dict:
    from dlcore.models.linear_forecasters import LastSubtractedLinear

    windows, look_back, horizon = _channels(rng)
    return {"windows": windows, "linear": _drawn_network(LastSubtractedLinear(look_back, horizon), rng).linear}


def _dense(rng: np.random.Generator) -> dict:
    from dlcore.models.tide import DenseEncoderDecoder

    windows, look_back, horizon = _channels(rng)
    width, layers = (int(k) for k in rng.integers(1, 4, size=2))
    network = _drawn_network(DenseEncoderDecoder(look_back, horizon, windows.shape[2], width, layers, 0.1), rng)
    return {"windows": windows, "dense": network.dense, "step": network.step, "straight": network.straight}


def _inverted(rng: np.random.Generator) -> dict:
    from dlcore.models.itransformer import InvertedTransformer

    windows, look_back, horizon = _channels(rng)
    heads, own, layers = (int(k) for k in rng.integers(1, 4, size=3))
    sizes = {"width": heads * own, "heads": heads, "layers": layers, "dropout": 0.1}
    network = _drawn_network(InvertedTransformer(look_back, horizon, windows.shape[2], **sizes), rng)
    return {"windows": windows, "embed": network.embed, "encoder": network.encoder, "project": network.project}


def _benchmark(rng: np.random.Generator) -> dict:
    horizon, look_back, batch = (int(k) for k in rng.integers(1, 6, size=3))
    train, first = look_back + 12, look_back + 20
    rows = rng.normal(size=(first + horizon + int(rng.integers(0, 12)), int(rng.integers(1, 4)))) * 100 + 5
    sizes = {"train": train, "first": first, "look_back": look_back, "horizon": horizon, "batch": batch}

    def repeat(past: Tensor) -> Tensor:
        return past[:, -1:].repeat(1, horizon, 1)

    return {"forecast": repeat, "values": torch.from_numpy(rows), **sizes}


def _decomposed_linear(windows, seasonal, trendwise, taps):
    from dlcore.models.linear_forecasters import DecomposedLinear

    network = DecomposedLinear(seasonal.in_features, seasonal.out_features, taps)
    network.seasonal, network.trendwise = seasonal, trendwise
    return network(windows)


def _last_subtracted_linear(windows, linear):
    from dlcore.models.linear_forecasters import LastSubtractedLinear

    network = LastSubtractedLinear(linear.in_features, linear.out_features)
    network.linear = linear
    return network(windows)


def _dense_encoder_decoder(windows, dense, step, straight):
    from dlcore.models.tide import DenseEncoderDecoder

    network = DenseEncoderDecoder(straight.in_features, straight.out_features, windows.shape[2], 1, 1, 0.0)
    network.dense, network.step, network.straight = dense, step, straight
    return network(windows)


def _inverted_transformer(windows, embed, encoder, project):
    from dlcore.models.itransformer import InvertedTransformer

    sizes = {"width": embed.out_features, "heads": 1, "layers": 1, "dropout": 0.0}
    network = InvertedTransformer(embed.in_features, project.out_features, windows.shape[2], **sizes)
    network.embed, network.encoder, network.project = embed, encoder, project
    return network(windows)


def _judged(forecast, values, train, first, look_back, horizon, batch):
    from dlcore.contests.ett import Task, judge

    rows = values.numpy()
    scaled = (rows - rows[:train].mean(0)) / rows[:train].std(0)
    task = Task(scaled[None], (0, train, first, len(rows)), horizon, look_back, None)  # float64, to compare closely
    return float(judge(lambda past: forecast(torch.from_numpy(past)).numpy(), task).squared.mean())


CASES |= {
    "day_14.forecasters.moving_average": _averaged,
    "day_14.forecasters.dlinear": _decomposed,
    "day_14.forecasters.nlinear": _last_subtracted,
    "day_14.forecasters.tide": _dense,
    "day_14.forecasters.itransformer": _inverted,
    "day_14.forecasters.evaluate": _benchmark,
}
ADAPTERS |= {
    "dlcore.models.linear_forecasters.DecomposedLinear.forward": _decomposed_linear,
    "dlcore.models.linear_forecasters.LastSubtractedLinear.forward": _last_subtracted_linear,
    "dlcore.models.tide.DenseEncoderDecoder.forward": _dense_encoder_decoder,
    "dlcore.models.itransformer.InvertedTransformer.forward": _inverted_transformer,
    "dlcore.contests.ett.judging.judge": _judged,
}
