"""Ranks against scipy: ties, signed zeros, rows that the integer grid cannot tell apart, and blocks of any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from dlcore.features.kernels.blocks import SIZE, in_blocks
from dlcore.features.kernels.ranks import centred_rank_rows, order_rows, rank_rows

FEW = st.sampled_from([np.nan, -2.0, -1.0, 0.0, -0.0, 1.0, 1.5])
ANY = st.floats(allow_nan=True, allow_infinity=False, width=64)


def holes(values: np.ndarray, share: float, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(values.shape) < share, np.nan, values)


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 40)), elements=FEW | ANY))
@settings(max_examples=150)
def test_ranks_are_those_of_scipy(values):
    before = values.copy()
    np.testing.assert_array_equal(rank_rows(values), stats.rankdata(values, axis=1, nan_policy="omit"))
    np.testing.assert_array_equal(order_rows(values), np.argsort(values, axis=1, kind="stable"))
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, size: rng.standard_normal(size),
        lambda rng, size: np.round(rng.standard_normal(size), 1),
        lambda rng, size: rng.standard_t(1, size) ** 5,  # the grid is too coarse: rows go to argsort
        lambda rng, size: np.where(rng.random(size) < 0.01, 1e300, rng.standard_normal(size)),
        lambda rng, size: rng.standard_normal(size) * 5e-324 * 9,  # a few of the smallest doubles
        lambda rng, size: 1 + rng.integers(0, 9, size) * np.finfo(float).eps,  # neighbours
    ],
    ids=["normal", "ties", "wild", "outliers", "denormal", "neighbours"],
)
def test_ranks_are_exact_where_the_grid_is_not(draw):
    values = holes(draw(np.random.default_rng(3), (150, 503)), 0.05, 4)
    np.testing.assert_array_equal(rank_rows(values), stats.rankdata(values, axis=1, nan_policy="omit"))
    np.testing.assert_array_equal(order_rows(values), np.argsort(values, axis=1, kind="stable"))


def test_a_row_is_ranked_by_itself_wherever_its_block_ends():
    values = np.random.default_rng(0).standard_normal((150, 503))
    assert len(values) > 2 * (SIZE // 503)
    np.testing.assert_array_equal(rank_rows(values)[40:90], rank_rows(values[40:90]))
    wide = np.random.default_rng(0).standard_normal((2, SIZE + 1))
    np.testing.assert_array_equal(rank_rows(wide), stats.rankdata(wide, axis=1))


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (1, 1), (150, 503), (5, SIZE + 1), (SIZE + 1, 1)])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_blocks_are_all_dates_once_on_any_number_of_threads(monkeypatch, shape, threads):
    monkeypatch.setattr("dlcore.features.kernels.blocks.get_num_threads", lambda: threads)
    visits, sizes = np.zeros(shape[0], dtype=int), []

    def visit(rows):
        visits[rows] += 1
        sizes.append(visits[rows].size * shape[1])

    in_blocks(shape, visit)
    np.testing.assert_array_equal(visits, 1)
    assert max(sizes, default=0) <= max(SIZE, shape[1])

    def refuse(rows):
        raise ArithmeticError(f"from {rows.start}")

    if shape[0]:
        with pytest.raises(ArithmeticError, match="from 0"):
            in_blocks(shape, refuse)


@pytest.mark.parametrize("shape", [(3, 1), (0, 4), (3, 0)])
def test_rows_of_one_value_and_of_none(shape):
    np.testing.assert_array_equal(rank_rows(np.full(shape, 7.0)), np.ones(shape))


def test_ranks_of_what_hardly_differs_and_of_zeros():
    ulps = 1 + np.arange(500)[::-1] * 2.0**-52
    np.testing.assert_array_equal(rank_rows(np.stack([ulps, -ulps])), [np.arange(500, 0, -1), np.arange(1, 501)])
    row = np.array([[1.0, -0.0, 0.0, -1.0, -np.nan, np.nan, 5e-324, -5e-324]])
    np.testing.assert_array_equal(rank_rows(row), [[6, 3.5, 3.5, 1, np.nan, np.nan, 5, 2]])


def test_centred_ranks_have_mean_nil_and_stay_inside():
    values = np.array([[3.0, 1.0, np.nan, 1.0], [np.nan] * 4, [np.nan, 7.0, np.nan, np.nan]])
    expected = [[1 / 3, -1 / 6, np.nan, -1 / 6], [np.nan] * 4, [np.nan] * 4]
    np.testing.assert_allclose(centred_rank_rows(values), expected, rtol=1e-14)
