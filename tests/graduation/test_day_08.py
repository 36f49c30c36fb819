"""Day 8's engine and the one for use: the same slopes on random graphs, called twice, and the same training."""

import numpy as np
import pytest

from challenges.day_08 import autograd as lesson
from dlcore.handwritten import autograd as graduate

SHAPES = ((3, 1), (4,), (), (2, 3, 4))


def grown(seed, leaves):
    """A loss of leaves that are shared and stretched; every operation that both engines have."""
    rng, nodes = np.random.default_rng(seed), list(leaves)
    for _ in range(15):
        (i, j), kind = rng.integers(0, len(nodes), size=2), rng.integers(0, 6)
        a, b = nodes[i], nodes[j]
        nodes.append(
            (a + b, a * b * 0.5, a - b * 0.1, (a + 0.3).relu() * b, (a * 0.5) ** 2, 2 * a + a.mean())[kind] * 0.7
        )
    return sum((node * node).sum() * 0.1 for node in nodes)


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_agree_on_both_calls(seed):
    arrays = [np.random.default_rng([seed, i]).normal(size=shape) for i, shape in enumerate(SHAPES)]
    ours, theirs = [lesson.Tensor(a) for a in arrays], [graduate.Tensor(a) for a in arrays]
    by_hand, for_use = grown(seed, ours), grown(seed, theirs)
    np.testing.assert_allclose(for_use.data, by_hand.data, rtol=1e-12)
    for _ in range(2):
        slopes = lesson.backward(by_hand)
        for_use.backward()
        for slope, mine, other in zip(slopes, ours, theirs, strict=True):
            assert slope is mine.grad
            scale = max(1.0, float(np.abs(slope).max()))
            np.testing.assert_allclose(other.grad, slope, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("seed", range(5))
def test_training_agrees(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=30)
    arrays = [rng.normal(size=shape) for shape in ((4, 6), (6,), (6, 1), (1,))]
    ours, theirs = [lesson.Tensor(a) for a in arrays], [graduate.Tensor(a) for a in arrays]

    def predict(x, p):
        return (x @ p[0] + p[1]).relu() @ p[2] + p[3]

    for _ in range(30):
        loss, moved = lesson.train_step(predict, ours, x, y, 0.05)
        error = ((predict(x, theirs) - y[:, None]) ** 2).mean()
        error.backward()
        np.testing.assert_allclose(error.data, loss, rtol=1e-12)
        for other, mine in zip(theirs, moved, strict=True):
            other.data, other.grad = other.data - 0.05 * other.grad, None
            np.testing.assert_allclose(other.data, mine, rtol=1e-10, atol=1e-12)
