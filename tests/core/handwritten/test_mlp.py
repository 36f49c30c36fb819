"""The MLP's gradients, Adam against torch's, and stopping in time."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from dlcore.handwritten import MLP, Adam, Linear, adam_step, fit, gradient_check, mse


@pytest.mark.parametrize("seed", range(20))
def test_every_gradient_by_central_differences_and_by_torch(seed):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(k) for k in rng.integers(1, 7, size=rng.integers(2, 5)))
    batch = tuple(int(k) for k in rng.integers(1, 4, size=rng.integers(1, 3)))
    network = MLP(tuple(Linear(rng.normal(size=(i, o)), rng.normal(size=o)) for i, o in pairwise(sizes)))
    x, up = rng.normal(size=(*batch, sizes[0])), rng.normal(size=(*batch, sizes[-1]))
    dx, gradient = network.backward(x, up)
    assert gradient_check(lambda a: np.sum(network.forward(a) * up), x, dx) < 1e-7
    leaves = [torch.tensor(p, requires_grad=True) for p in network.parameters()]
    out = torch.tensor(x)
    for k in range(0, len(leaves), 2):
        out = out @ leaves[k] + leaves[k + 1]
        out = torch.relu(out) if k + 2 < len(leaves) else out
    out.backward(torch.tensor(up))
    np.testing.assert_allclose(network.forward(x), out.detach().numpy(), atol=1e-12)
    for ours, leaf in zip(gradient.parameters(), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad.numpy(), atol=1e-10)


def test_adam_equals_torch_over_many_steps():
    rng = np.random.default_rng(0)
    ours = [rng.normal(size=(3, 2)), rng.normal(size=4)]
    theirs = [torch.tensor(p.copy(), requires_grad=True) for p in ours]
    mine, there = Adam(ours, rate=0.01), torch.optim.Adam(theirs, lr=0.01)
    for _ in range(50):
        gradients = [rng.normal(size=p.shape) * 10.0 ** rng.integers(-6, 3) for p in ours]
        mine.step(gradients)
        for p, g in zip(theirs, gradients, strict=True):
            p.grad = torch.tensor(g)
        there.step()
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other.detach().numpy(), rtol=1e-12)


def test_the_first_step_is_the_rate_whatever_the_gradient():
    zero = np.zeros(3)
    moved, _, _ = adam_step(zero, np.array([1.0, -2.0, 0.001]), zero, zero, 1, rate=0.01)
    np.testing.assert_allclose(moved, [-0.01, 0.01, -0.01], rtol=1e-4)


def test_fit_returns_the_best_network_and_leaves_the_start_alone():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 10))
    y = x[:, :1] + rng.normal(size=(60, 1))
    start = MLP.random((10, 32, 1), rng)
    before = [p.copy() for p in start.parameters()]
    late = rng.normal(size=(500, 10))
    validation = late, late[:, :1] + rng.normal(size=(500, 1))
    best, history = fit(start, (x, y), validation, rng, epochs=200, batch=16, rate=5e-3, patience=10)
    losses = np.array(history)
    assert mse(best.forward(validation[0]), validation[1])[0] == losses[:, 1].min()
    assert len(losses) == losses[:, 1].argmin() + 11, "it stops when nothing has improved for `patience` passes"
    assert losses[-1, 0] < losses[losses[:, 1].argmin(), 0], "it had gone on learning the training rows"
    for now, then in zip(start.parameters(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    again, _ = fit(start, (x, y), validation, np.random.default_rng(1), epochs=3)
    same, _ = fit(start, (x, y), validation, np.random.default_rng(1), epochs=3)
    np.testing.assert_array_equal(again.forward(x), same.forward(x))


def test_float32_stays_float32():
    network = MLP(tuple(Linear(np.ones((2, 2), np.float32), np.ones(2, np.float32)) for _ in range(2)))
    down, gradient = network.backward(np.ones((3, 2), np.float32), np.ones((3, 2), np.float32))
    assert {a.dtype for a in (down, *gradient.parameters())} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP.random((3,), np.random.default_rng()), r"sizes=\(3,\) is not allowed"),
        (lambda: Adam([np.ones(2)], rate=0.0), "rate=0.0 is not allowed"),
        (lambda: Adam([np.ones(2)]).step([]), "0 gradients for 1 parameters"),
        (lambda: adam_step(*[np.ones(2)] * 4, 0), "step=0 is not allowed"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
