"""The engine agrees with torch: random graphs with shared nodes and broadcasting, two calls, chains, each method."""

import numpy as np
import pytest
import torch

from dlcore.handwritten import gradient_check
from dlcore.handwritten.autograd import Tensor, unbroadcast

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}
SHAPE = (2, 3, 4)

STEPS = (
    lambda a, b, _: a + b,
    lambda a, b, _: a * b,
    lambda a, b, _: a - b,
    lambda a, b, _: a / (b**2 + 1),
    lambda a, b, c: c * a - b * 0.5,
    lambda a, b, c: (c - a) / 3 + b,
    lambda a, _, __: 1 / (a**2 + 1),
    lambda a, _, __: a.tanh(),
    lambda a, _, __: a.relu(),
    lambda a, _, __: -a.tanh().exp(),
    lambda a, _, __: (a**2 + 1).log(),
    lambda a, _, __: (a**2 + 1) ** 0.5,
    lambda a, _, __: a.sum(axis=-1, keepdims=True) * 0.3,
    lambda a, _, __: a.mean(axis=-1, keepdims=True),
    lambda a, b, _: a + b.mean(),
)  # fmt: skip


def stretchable(rng):
    """A shape that broadcasts to SHAPE."""
    return tuple(size if rng.random() < 0.6 else 1 for size in SHAPE[rng.integers(0, 3) :])


def both(seed, dtype):
    """The same random graph in ours and in torch: two results that share nodes, and the leaves of each."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=stretchable(rng)).astype(dtype) for _ in range(3)]
    constant = rng.normal(size=stretchable(rng)).astype(dtype)
    ours, theirs = [Tensor(a) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]
    sides = []
    plan = [(STEPS[rng.integers(len(STEPS))], rng.integers(0, 3 + k, size=2)) for k in range(12)]
    for leaves, c in ((ours, constant), (theirs, torch.tensor(constant))):
        nodes = list(leaves)
        for step, (i, j) in plan:
            nodes.append(step(nodes[i], nodes[j], c).tanh())  # kept small, so that digits can be compared
        sides.append((sum((node * node).mean() for node in nodes), (nodes[-1] * nodes[-2]).sum(), leaves))
    return sides


def agree(ours, theirs, dtype):
    for one, other in zip(ours, theirs, strict=True):
        assert one.grad.dtype == dtype
        assert one.grad.shape == tuple(other.grad.shape)
        scale = max(1.0, float(other.grad.abs().max()))
        np.testing.assert_allclose(one.grad, other.grad.numpy(), atol=TOLERANCE[dtype] * scale)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_random_graphs_equal_torch_and_so_do_further_calls(seed, dtype):
    (loss, other, leaves), (their_loss, their_other, their_leaves) = both(seed, dtype)
    np.testing.assert_allclose(loss.data, their_loss.detach().numpy(), rtol=TOLERANCE[dtype] * 10)
    assert loss.data.dtype == dtype
    for mine, that in ((loss, their_loss), (loss, their_loss), (other, their_other)):  # twice, then its neighbour
        mine.backward()
        that.backward(retain_graph=True)
        agree(leaves, their_leaves, dtype)
    for leaf, that in zip(leaves, their_leaves, strict=True):
        leaf.grad, that.grad = None, None
    loss.backward(3)
    their_loss.backward(torch.tensor(3, dtype=their_loss.dtype))
    agree(leaves, their_leaves, dtype)


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_by_central_differences(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=stretchable(rng)), rng.normal(size=stretchable(rng))

    def value(a):
        a, b = Tensor(a), Tensor(y)
        c = (a * b - a).tanh() / (b**2 + 1)
        return (c * c + c.exp() * a).sum(), a

    result, leaf = value(x)
    result.backward()
    assert gradient_check(lambda a: float(value(a)[0].data), x, leaf.grad) < 1e-7


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_products_of_matrices_with_broadcast_batches_equal_torch(seed, dtype):
    rng = np.random.default_rng(seed)
    i, j, k = (int(n) for n in rng.integers(1, 5, size=3))
    fronts = [(), (3,), (1,), (2, 1), (2, 3)]
    a = rng.normal(size=(*fronts[rng.integers(5)], i, j)).astype(dtype)
    b = rng.normal(size=(*fronts[rng.integers(5)], j, k)).astype(dtype)
    ours, theirs = (Tensor(a), Tensor(b)), (torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True))
    up = rng.normal(size=np.matmul(a, b).shape).astype(dtype)
    (ours[0] @ ours[1]).backward(up)
    (theirs[0] @ theirs[1]).backward(torch.tensor(up))
    agree(ours, theirs, dtype)


@pytest.mark.parametrize(
    "say",
    [
        lambda a: (a[1:, ::2] * 2).sum(),
        lambda a: (a[[0, 0, 1]] ** 2).sum(),  # taken twice
        lambda a: (a[:, None, 0] ** 3).sum(),
        lambda a: (a.reshape(2, 6) @ a.reshape(6, 2)).sum(),
        lambda a: (a.swapaxes(0, 1) @ a).tanh().sum(),
        lambda a: (a.sum(axis=0) * a.mean(axis=(0, 1))).sum(),
        lambda a: (a.sum(0, keepdims=True) * a).mean(),
        lambda a: (a * a * a - a / a).sum(),
        lambda a: (a**0 + a**1 + a**-2).sum(),
        lambda a: (2 - a).sum() + (1 / a).sum() + (3 * a).sum() + (a + 1 + (1 + a)).sum(),
    ],
)
def test_each_method_equals_torch(say):
    array = np.random.default_rng(4).normal(size=(3, 4)) + 0.2
    ours, theirs = Tensor(array), torch.tensor(array, requires_grad=True)
    say(ours).backward()
    say(theirs).backward()
    agree([ours], [theirs], np.float64)


def test_numbers_and_arrays_are_constants_on_either_side():
    x, matrix = Tensor(np.array([[1.0, 2.0]])), np.arange(6.0).reshape(3, 2)
    product = (matrix @ x.swapaxes(0, 1) + matrix.sum()).sum()
    result = product + (matrix * x).sum() + (matrix / x).sum() + (matrix - x).sum()
    result.backward()
    expected = matrix.sum(0) + matrix.sum(0) - matrix.sum(0) / x.data[0] ** 2 - 3
    np.testing.assert_allclose(x.grad[0], expected)


def test_the_small_numbers_of_the_lesson():
    x = Tensor(3.0)
    y = x**2 + x
    y.backward()
    assert x.grad == 7
    y.backward()
    assert x.grad == 14  # an engine that keeps slopes of results says 20
    x.grad = None
    fourth = (x**2) ** 2
    fourth.backward()
    fourth.backward()
    assert x.grad == 216  # such an engine says 324
    for diamond in (lambda a: a + a * x, lambda a: a * x + a):
        x.grad = None
        diamond(x**2).backward()
        assert x.grad == 33  # breadth first says 15 of one of them


def test_a_training_run_equals_torchs():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 1))
    arrays = [rng.normal(size=s) for s in ((5, 8), (8,), (8, 1), (1,))]
    ours, theirs = [Tensor(a) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]

    def loss(p, x, y):
        return (((x @ p[0] + p[1]).relu() @ p[2] + p[3] - y) ** 2).mean()

    for _ in range(30):
        loss(ours, x, y).backward()
        loss(theirs, torch.tensor(x), torch.tensor(y)).backward()
        for mine, that in zip(ours, theirs, strict=True):
            mine.data, mine.grad = mine.data - 0.05 * mine.grad, None
            with torch.no_grad():
                that -= 0.05 * that.grad
            that.grad = None
            np.testing.assert_allclose(mine.data, that.detach().numpy(), atol=1e-10)


def test_a_chain_longer_than_pythons_stack_and_a_graph_of_many_paths():
    x = Tensor(0.5)
    sum_, many = x, x
    for _ in range(100_000):
        sum_ = sum_ + x * 1
    for _ in range(200):
        many = many * 0.5 + many * 0.5  # 2²⁰⁰ paths
    sum_.backward()
    assert x.grad == 100_001
    x.grad = None
    many.backward()
    assert x.grad == 1


def test_only_what_is_no_result_keeps_a_gradient_and_the_array_is_the_callers_own():
    array = np.ones(3)
    x = Tensor(array)
    middle = x * 2
    last = middle.sum()
    last.backward()
    assert middle.grad is None
    assert last.grad is None
    first = x.grad
    last.backward()
    np.testing.assert_array_equal(first, [2, 2, 2])  # the second call made a new array
    np.testing.assert_array_equal(array, np.ones(3))
    lone, up = Tensor(array), np.ones(3)
    lone.backward(up)
    up += 1
    np.testing.assert_array_equal(lone.grad, [1, 1, 1])


@pytest.mark.parametrize(
    ("shape", "gradient", "expected"),
    [
        ((3, 1), (3, 4), [[6], [22], [38]]),
        ((4,), (3, 4), [12, 15, 18, 21]),
        ((1, 4), (3, 4), [[12, 15, 18, 21]]),
        ((), (3, 4), 66),
        ((1, 1), (3, 4), [[66]]),
        ((3, 4), (3, 4), np.arange(12).reshape(3, 4)),
    ],
)
def test_unbroadcast_on_numbers_to_check_by_eye(shape, gradient, expected):
    out = unbroadcast(np.arange(12.0).reshape(gradient), shape)
    assert out.shape == shape
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_unbroadcast_equals_torchs_expand(seed, dtype):
    rng = np.random.default_rng(seed)
    shape, up = stretchable(rng), rng.normal(size=SHAPE).astype(dtype)
    leaf = torch.zeros(shape, dtype=torch.tensor(up).dtype, requires_grad=True)
    leaf.expand(SHAPE).backward(torch.tensor(up))
    out = unbroadcast(up, shape)
    assert out.dtype == dtype
    assert out.shape == shape
    np.testing.assert_allclose(out, leaf.grad.numpy(), atol=TOLERANCE[dtype])


def test_empty_axes():
    x = Tensor(np.zeros((0, 3)))
    bias = Tensor(np.ones(3))
    (x + bias).sum().backward()
    assert x.grad.shape == (0, 3)
    np.testing.assert_array_equal(bias.grad, np.zeros(3))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Tensor(np.ones(3)).backward(), "shape .3,. has no one gradient"),
        (lambda: Tensor(np.ones(3)).backward(np.ones((3, 1))), r"upstream has shape \(3, 1\)"),
        (lambda: Tensor(np.ones(3)) ** Tensor(2.0), "exponent="),
        (lambda: Tensor(np.ones(3)) ** np.ones(3), "exponent="),
        (lambda: Tensor(np.ones(3)) @ Tensor(np.ones((3, 1))), r"\(3,\) @ \(3, 1\)"),
        (lambda: Tensor("a"), "dtype"),
        (lambda: Tensor(np.ones(3, dtype=np.float16)), "float16"),
        (lambda: unbroadcast(np.ones((3, 4)), (4, 3)), "does not broadcast"),
        (lambda: unbroadcast(np.ones(4), (1, 4)), "does not broadcast"),
        (lambda: Tensor(np.ones((2, 3))) + np.ones(4), "broadcast"),
    ],
)
def test_what_is_refused_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
