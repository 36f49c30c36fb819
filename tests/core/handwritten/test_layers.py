"""Layers equal torch's, in value and gradient, at any batch shape and in both precisions."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from dlcore import handwritten as by_hand
from dlcore.handwritten import Linear, gradient_check

BENDS = [
    (by_hand.relu, by_hand.relu_derivative, functional.relu),
    (by_hand.gelu, by_hand.gelu_derivative, functional.gelu),
    (by_hand.gelu_tanh, by_hand.gelu_tanh_derivative, lambda x: functional.gelu(x, approximate="tanh")),
]
LOSSES = [(by_hand.mse, functional.mse_loss), (by_hand.mae, functional.l1_loss)]
X = np.ones((3, 2))
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}


def shapes(seed):
    """A batch shape of none to three axes, inputs and outputs of unequal size."""
    rng = np.random.default_rng(seed)
    inputs = int(rng.integers(1, 6))
    return rng, tuple(rng.integers(1, 5, size=rng.integers(0, 4))), inputs, inputs + int(rng.integers(1, 5))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_linear_and_its_three_gradients_equal_torch(seed, dtype):
    rng, batch, inputs, outputs = shapes(seed)
    x, up = rng.normal(size=(*batch, inputs)).astype(dtype), rng.normal(size=(*batch, outputs)).astype(dtype)
    layer = Linear(rng.normal(size=(inputs, outputs)).astype(dtype), rng.normal(size=outputs).astype(dtype))
    tx, tw, tb = (torch.tensor(a, requires_grad=True) for a in (x, layer.weight.T, layer.bias))
    out = functional.linear(tx, tw, tb)
    out.backward(torch.tensor(up))
    dx, gradient = layer.backward(x, up)
    pairs = [(layer.forward(x), out), (dx, tx.grad), (gradient.weight.T, tw.grad), (gradient.bias, tb.grad)]
    for ours, theirs in pairs:
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=TOLERANCE[dtype])


@pytest.mark.parametrize("seed", range(20))
def test_linear_gradients_by_central_differences(seed):
    rng, batch, inputs, outputs = shapes(seed)
    x, up = rng.normal(size=(*batch, inputs)), rng.normal(size=(*batch, outputs))
    layer = Linear.random(inputs, outputs, rng)
    dx, gradient = layer.backward(x, up)
    assert gradient_check(lambda a: np.sum(layer.forward(a) * up), x, dx) < 1e-7
    assert gradient_check(lambda a: np.sum(Linear(a, layer.bias).forward(x) * up), layer.weight, gradient.weight) < 1e-7
    assert gradient_check(lambda a: np.sum(Linear(layer.weight, a).forward(x) * up), layer.bias, gradient.bias) < 1e-7


@pytest.mark.parametrize(("bend", "slope", "theirs"), BENDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_bends_and_slopes_equal_torch(bend, slope, theirs, dtype):
    x = np.concatenate([np.linspace(-6, 6, 301), [0.0, -0.0, 1e-300, 1e4, -1e4]]).astype(dtype).reshape(2, -1)
    t = torch.tensor(x, requires_grad=True)
    y = theirs(t)
    y.sum().backward()
    assert bend(x).dtype == slope(x).dtype == dtype
    np.testing.assert_allclose(bend(x), y.detach().numpy(), atol=TOLERANCE[dtype])
    np.testing.assert_allclose(slope(x), t.grad.numpy(), atol=TOLERANCE[dtype])


@pytest.mark.parametrize(("bend", "slope", "theirs"), BENDS)
def test_slopes_by_central_differences(bend, slope, theirs):
    for seed in range(20):
        rng, batch, inputs, _ = shapes(seed)
        x, up = rng.normal(size=(*batch, inputs)), rng.normal(size=(*batch, inputs))
        assert gradient_check(lambda a, up=up: np.sum(bend(a) * up), x, slope(x) * up) < 1e-7


def test_nan_stays_nan():
    for bend, slope, _ in BENDS:
        assert np.isnan(bend(np.array([np.nan])))
        assert np.isnan(slope(np.array([np.nan])))


def test_what_the_docstrings_say_of_gelu():
    x = np.linspace(-6, 6, 1_200_001)
    gap, slope = np.abs(by_hand.gelu(x) - by_hand.gelu_tanh(x)), by_hand.gelu_derivative(x)
    assert gap.max() == pytest.approx(4.7e-4, abs=1e-5)
    assert (x[slope.argmax()], slope.max()) == (pytest.approx(np.sqrt(2), abs=1e-4), pytest.approx(1.129, abs=5e-4))


@pytest.mark.parametrize(("loss", "theirs"), LOSSES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_losses_are_means_over_all_elements_and_so_are_their_gradients(loss, theirs, dtype):
    for seed in range(20):
        rng, batch, inputs, _ = shapes(seed)
        p, t = (rng.normal(size=(*batch, inputs)).astype(dtype) for _ in range(2))
        there = torch.tensor(p, requires_grad=True)
        value = theirs(there, torch.tensor(t))
        value.backward()
        ours, gradient = loss(p, t)
        assert gradient.dtype == dtype
        assert ours == pytest.approx(value.item(), rel=1e-5)
        np.testing.assert_allclose(gradient, there.grad.numpy(), atol=TOLERANCE[dtype])
        if dtype is np.float64:
            assert gradient_check(lambda a, t=t: loss(a, t)[0], p, gradient) < 1e-7


def test_equal_values_have_slope_zero_under_mae():
    assert by_hand.mae([1.0, 2.0], [1.0, 0.0])[1].tolist() == [0.0, 0.5]


def test_random_keeps_the_spread_through_relu():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 128))
    for _ in range(10):
        x = by_hand.relu(Linear.random(128, 128, rng).forward(x))
    assert 0.5 < np.sqrt(np.mean(x**2)) < 1.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: by_hand.linear(np.ones((3, 2)), np.ones((3, 2)), np.ones(2)),
            r"x has shape \(3, 2\), weight \(3, 2\)",
        ),
        (lambda: by_hand.linear(np.ones(3), np.ones((3, 2)), np.ones(3)), r"bias has shape \(3,\)"),
        (
            lambda: by_hand.linear_backward(X, np.ones((2, 3)), X),
            r"upstream has shape \(3, 2\)",
        ),
        (lambda: by_hand.mse([1.0, 2.0], [[1.0, 2.0]]), r"prediction has shape \(2,\), target \(1, 2\)"),
        (lambda: by_hand.mae([], []), "prediction is empty"),
        (lambda: by_hand.relu(["a"]), "dtype <U1 is not allowed"),
        (lambda: by_hand.gelu(np.ones(2, np.float16)), "dtype float16 is not allowed"),
        (lambda: Linear.random(0, 3, np.random.default_rng()), "inputs=0 is not allowed"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
