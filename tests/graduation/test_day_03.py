"""Day 3's network and the one for use: the same weights give the same forecasts, slopes and training."""

import numpy as np
import pytest

from challenges.day_03 import mlp
from dlcore.handwritten import MLP, Linear, fit
from dlcore.handwritten.mlp import Adam


def drawn(seed):
    """Ragged sizes, rows, and the same weights twice: as pairs, and as a network for use."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(k) for k in rng.integers(1, 8, size=rng.integers(2, 5)))
    x, y = rng.normal(size=(int(rng.integers(2, 12)), sizes[0])), rng.normal(size=(1, sizes[-1]))
    layers = [(w, rng.normal(size=b.shape)) for w, b in mlp.fresh(sizes, rng)]
    return x, np.repeat(y, len(x), 0), layers, MLP(tuple(Linear(w.copy(), b.copy()) for w, b in layers))


@pytest.mark.parametrize("seed", range(20))
def test_forecasts_and_slopes_agree(seed):
    x, y, layers, network = drawn(seed)
    entered = mlp.forward(x, layers)
    np.testing.assert_allclose(entered[-1], network.forward(x), rtol=1e-12, atol=1e-12)
    upstream = entered[-1] - y
    _, gradient = network.backward(x, upstream)
    for (weight, bias), layer in zip(mlp.backward(entered, layers, upstream), gradient.layers, strict=True):
        np.testing.assert_allclose(weight, layer.weight, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(bias, layer.bias, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_thirty_steps_of_adam_agree(seed):
    x, y, layers, network = drawn(seed)
    adam = Adam(network.parameters(), rate=0.01)
    state = [[(np.zeros_like(p), np.zeros_like(p)) for p in layer] for layer in layers]
    for step in range(1, 31):
        entered = mlp.forward(x, layers)
        slopes = mlp.backward(entered, layers, 2 * (entered[-1] - y) / y.size)
        adam.step(network.backward(x, 2 * (network.forward(x) - y) / y.size)[1].parameters())
        for k, layer in enumerate(layers):
            moved = [
                mlp.adam_step(p, g, *s, step, rate=0.01) for p, g, s in zip(layer, slopes[k], state[k], strict=True)
            ]
            layers[k], state[k] = tuple(m[0] for m in moved), [m[1:] for m in moved]
    for ours, theirs in zip([p for layer in layers for p in layer], network.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def test_training_agrees_where_the_order_of_rows_cannot_matter():
    rng = np.random.default_rng(0)
    x, late = rng.normal(size=(60, 5)), rng.normal(size=(30, 5))
    y, late_y = (a @ rng.normal(size=(5, 1)) + rng.normal(size=(len(a), 1)) for a in (x, late))
    layers = mlp.fresh((5, 6, 1), np.random.default_rng(1))
    start = MLP(tuple(Linear(w.copy(), b.copy()) for w, b in layers))
    options = {"epochs": 40, "batch": 60, "rate": 0.02, "patience": 10}  # one batch: every row in every step
    kept, losses = mlp.train(x, y, late, late_y, layers, np.random.default_rng(1), **options)
    network, history = fit(start, (x, y), (late, late_y), np.random.default_rng(2), **options)
    both = min(len(losses), len(history) - 1)  # fit also tells the losses before the first step
    np.testing.assert_allclose(losses[:both], history[1 : both + 1], rtol=1e-9)
    for ours, theirs in zip([p for layer in kept for p in layer], network.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9)
