"""gradient_check finds wrong gradients, passes right ones, and refuses what it cannot judge."""

import numpy as np
import pytest
import torch

from dlcore.handwritten import gradient_check, numerical_gradient


@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 1, 5)])
def test_equals_autograd(shape):
    x = np.random.default_rng(0).normal(size=shape)
    t = torch.tensor(x, requires_grad=True)
    (torch.tanh(t) * torch.exp(t.sum() / 3)).sum().backward()
    numeric = numerical_gradient(lambda a: np.sum(np.tanh(a) * np.exp(a.sum() / 3)), x)
    np.testing.assert_allclose(numeric, t.grad.numpy(), rtol=1e-8, atol=1e-9)


def test_small_and_large_coordinates_each_get_their_own_step():
    x = np.array([1e9, 1e-9, -2.0])
    gradient = numerical_gradient(lambda a: a[0] ** 3 / 1e18, x)
    np.testing.assert_allclose(gradient, [3, 0, 0], atol=1e-6)
    np.testing.assert_allclose(numerical_gradient(lambda a: 5 * a[1] + a[2] ** 2, x), [0, 5, -4], atol=1e-8)


@pytest.mark.parametrize(
    ("wrong", "least"),
    [
        (lambda g: np.zeros_like(g), 1.0),
        (lambda g: -g, 2.0),
        (lambda g: g.T.copy(), 1e-3),
        (lambda g: g / 3, 0.6),
        (lambda g: g + 1e-5 * np.abs(g).max(), 1e-6),
    ],
)
def test_wrong_gradients_are_far(wrong, least):
    rng = np.random.default_rng(1)
    x, up = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    right = up * np.cos(x)

    def f(a):
        return float(np.sum(np.sin(a) * up))

    assert gradient_check(f, x, right) < 1e-8
    assert gradient_check(f, x, wrong(right)) > 0.99 * least


def test_a_function_that_spoils_its_input_spoils_nothing():
    def greedy(a):
        value = float(np.sum(a**2))
        a[:] = 0
        return value

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(numerical_gradient(greedy, x), [2, 4], rtol=1e-8)
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_both_zero_is_zero_and_empty_is_zero():
    assert gradient_check(lambda a: 1.0, np.ones(3), np.zeros(3)) == 0
    assert gradient_check(lambda a: 1.0, np.ones(0), np.ones(0)) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: numerical_gradient(np.sum, np.ones(2, np.float32)), "x has dtype float32"),
        (lambda: numerical_gradient(np.sum, np.array(["a"])), "x has dtype <U1"),
        (lambda: numerical_gradient(np.sum, [1.0, np.nan]), "x holds 1 NaN or infinite"),
        (lambda: numerical_gradient(np.sum, [1.0], step=0.0), "step=0.0 is not allowed"),
        (lambda: numerical_gradient(lambda a: a, [1.0, 2.0]), r"beside coordinate \(0,\)"),
        (lambda: numerical_gradient(lambda a: np.inf, [1.0]), "one finite number"),
        (lambda: gradient_check(np.sum, [1.0, 2.0], [1.0]), r"gradient has shape \(1,\), x has \(2,\)"),
        (lambda: gradient_check(np.sum, [1.0], [np.inf]), "gradient holds 1 NaN or infinite"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
