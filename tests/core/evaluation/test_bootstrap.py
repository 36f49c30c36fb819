"""The block bootstrap against arch's own intervals, and how often its interval holds the truth."""

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import StationaryBootstrap, optimal_block_length

from dlcore.evaluation import block_bootstrap, sharpe
from dlcore.markets.simulate.kernels import ar1_paths


def returns(n: int = 300) -> np.ndarray:
    return np.random.default_rng(0).standard_t(5, n) * 0.01 + 0.0005


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_the_interval_is_archs(interval):
    x = returns()
    ours = block_bootstrap(sharpe, x, generator=np.random.default_rng(1), resamples=500, interval=interval, level=0.9)
    length = float(optimal_block_length(x)["stationary"].iloc[0])
    assert ours.block_length == max(length, 1)
    theirs = StationaryBootstrap(ours.block_length, x, seed=np.random.default_rng(1))
    lower, upper = theirs.conf_int(lambda v: np.array([sharpe(v)]), 500, method=interval, size=0.9)[:, 0]
    assert (ours.lower, ours.upper) == (pytest.approx(lower, rel=1e-9), pytest.approx(upper, rel=1e-9))
    assert ours.estimate == sharpe(x)


def test_the_same_seed_is_the_same_interval_and_gaps_are_left_out():
    x = returns()
    gaps = pd.Series(np.insert(x, 7, np.nan))
    first, second = (block_bootstrap(np.mean, v, generator=np.random.default_rng(5), resamples=100) for v in (x, gaps))
    assert first == second
    assert first != block_bootstrap(np.mean, x, generator=np.random.default_rng(6), resamples=100)


def test_days_that_remember_widen_the_interval():
    x = ar1_paths(np.random.default_rng(0).standard_normal((2000, 1)), 0.7, 1.0)[:, 0]
    blocks = block_bootstrap(np.mean, x, generator=np.random.default_rng(1), resamples=300)
    single = block_bootstrap(np.mean, x, generator=np.random.default_rng(1), resamples=300, block_length=1)
    truth = 1 / (1 - 0.7) / 2000**0.5
    assert blocks.block_length > 10
    assert blocks.standard_error == pytest.approx(truth, rel=0.25)
    assert single.standard_error < 0.6 * truth


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_the_interval_holds_the_truth_nearly_as_often_as_it_says(interval):
    generator = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        x = ar1_paths(generator.standard_normal((200, 1)), 0.3, 1.0)[:, 0]
        found = block_bootstrap(np.mean, x, generator=generator, resamples=200, interval=interval)
        inside += found.lower <= 0 <= found.upper
    nominal = 0.91  # a little less than .95 with blocks, as the docstring says
    assert abs(inside / 200 - nominal) < 3.29 * (nominal * (1 - nominal) / 200) ** 0.5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"series": [1.0] * 20}, "constant at 1"),
        ({"series": [1.0, 2.0]}, "holds 2 values: give at least 10"),
        ({"resamples": 50}, "resamples=50 is not allowed"),
        ({"interval": "normal"}, "interval='normal'"),
        ({"level": 95}, "level=95"),
        ({"block_length": 0.5}, "block_length=0.5 is not allowed: give a number from 1 to 300"),
        ({"statistic": lambda v: v[:2]}, "one finite number"),
        ({"statistic": lambda v: np.nan}, "one finite number"),
        ({"statistic": lambda v: 1.0, "interval": "bca"}, "outside of all resamples"),
    ],
)
def test_bad_input_is_refused(change, says):
    given = {"statistic": np.mean, "series": returns()} | change
    with pytest.raises(ValueError, match=says):
        block_bootstrap(generator=np.random.default_rng(0), **given)
