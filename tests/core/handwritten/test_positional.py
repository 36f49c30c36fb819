"""Learned positions equal torch's embedding, gradient and all; a place that is not in the table is refused."""

import numpy as np
import pytest
import torch

from dlcore.handwritten import gradient_check, learned, learned_backward


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_learned_positions_and_their_gradient_equal_torch(seed, dtype):
    rng = np.random.default_rng(seed)
    rows, width = (int(k) for k in rng.integers(1, 7, size=2))
    positions = rng.integers(rows, size=tuple(rng.integers(1, 5, size=rng.integers(1, 4))))  # most come twice
    table, up = rng.normal(size=(rows, width)).astype(dtype), rng.normal(size=(*positions.shape, width)).astype(dtype)
    theirs = torch.tensor(table, requires_grad=True)
    codes = torch.nn.functional.embedding(torch.tensor(positions), theirs)
    codes.backward(torch.tensor(up))
    ours, gradient = learned(table, positions), learned_backward(up, positions, rows=rows)
    assert theirs.grad is not None
    assert ours.dtype == gradient.dtype == dtype
    np.testing.assert_array_equal(ours, codes.detach().numpy())
    np.testing.assert_allclose(gradient, theirs.grad.numpy(), atol=1e-10 if dtype is np.float64 else 1e-5)
    if dtype is np.float64:
        assert gradient_check(lambda a: np.sum(learned(a, positions) * up), table, gradient) < 1e-7


def test_a_row_that_was_not_used_has_no_gradient_and_one_used_twice_has_both():
    gradient = learned_backward(np.ones((3, 2)), [0, 2, 2], rows=4)
    np.testing.assert_array_equal(gradient, [[1, 1], [0, 0], [2, 2], [0, 0]])


@pytest.mark.parametrize("positions", [[-1], [4], [0, 7]])
def test_a_place_outside_of_the_table_is_refused(positions):
    with pytest.raises(ValueError, match=f"position {positions[-1]} is not in the table: give integers from 0 to 3"):
        learned(np.ones((4, 2)), positions)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: learned(np.ones((4, 2)), [0.5]), "positions have dtype float64"),
        (lambda: learned(np.ones((4, 2)), [True]), "positions have dtype bool"),
        (lambda: learned(np.ones(4), [0]), "table has shape"),
        (lambda: learned_backward(np.ones((3, 2)), [0, 1], rows=4), "upstream has shape"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, what):
    with pytest.raises(ValueError, match=what) as error:
        call()
    assert "\n" not in str(error.value)
