"""Reality check against arch, false discoveries against statsmodels, and both where nothing is to be found."""

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import SPA
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.multitest import multipletests

from dlcore.evaluation import benjamini_hochberg, reality_check


def losses(seed: int, candidates: int, days: int = 300) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(seed).standard_normal((days, candidates + 1))
    return draws[:, 0], draws[:, 1:]


def test_whites_p_value_is_archs():
    base, others = losses(0, 8)
    ours = reality_check(base, others, generator=np.random.default_rng(1), resamples=500, block_length=4)
    theirs = SPA(base, others, block_size=4, reps=500, seed=np.random.default_rng(1))
    theirs.compute()
    assert ours.white == pytest.approx(theirs.pvalues["upper"])
    assert ours.best == int((base[:, None] - others).mean(axis=0).argmax())


def test_arch_does_not_studentize_and_a_noisy_candidate_hides_a_good_one():
    generator = np.random.default_rng(2)
    base = generator.standard_normal(500) * 0.01
    good = base - 0.0015 + generator.standard_normal(500) * 0.01
    wild = generator.standard_normal((500, 5)) * 0.5
    others = np.column_stack([good, wild])
    ours = reality_check(base, others, generator=generator, resamples=500)
    assert ours.spa < 0.05 < ours.white
    p_values = []
    for studentize in (True, False):
        theirs = SPA(base, others, block_size=5, reps=300, studentize=studentize, seed=1)
        theirs.compute()
        p_values.append(theirs.pvalues["upper"])
    assert p_values[0] == p_values[1]


def test_hopeless_candidates_make_white_timid_and_not_the_consistent_test():
    generator = np.random.default_rng(3)
    base = generator.standard_normal(400)
    good = base[:, None] - 0.12 + generator.standard_normal((400, 1))
    bad = base[:, None] + 1 + generator.standard_normal((400, 60))
    alone = reality_check(base, good, generator=np.random.default_rng(0), block_length=1)
    crowd = reality_check(base, np.hstack([good, bad]), generator=np.random.default_rng(0), block_length=1)
    assert crowd.spa_lower <= crowd.spa <= crowd.spa_upper
    assert crowd.spa == pytest.approx(alone.spa, abs=0.01)
    assert crowd.spa_upper > 3 * alone.spa_upper


def test_the_best_of_many_worthless_is_not_found():
    generator = np.random.default_rng(5)
    rejected = naive = 0
    for seed in range(200):
        base, others = losses(seed, 20, 200)
        found = reality_check(base, others, generator=generator, resamples=200, block_length=1)
        rejected += found.spa < 0.05
        d = base[:, None] - others
        naive += (d.mean(axis=0) / d.std(axis=0, ddof=1) * 200**0.5).max() > 1.645
    assert rejected / 200 < 0.05 + 3.29 * (0.05 * 0.95 / 200) ** 0.5
    assert naive / 200 > 0.3


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)), st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=100)
def test_discoveries_are_those_of_statsmodels(p, rate):
    rejected, adjusted, *_ = multipletests(p, rate, method="fdr_bh")
    found = benjamini_hochberg(p, rate=rate)
    np.testing.assert_allclose(found.adjusted, adjusted, atol=1e-15)
    safe = abs(adjusted - rate) > 1e-12  # on the border the order of two roundings decides
    np.testing.assert_array_equal(found.rejected[safe], rejected[safe])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda g: reality_check(np.ones(20), np.zeros((19, 2)), generator=g), "19 days and the benchmark 20"),
        (lambda g: reality_check(np.ones(20), np.zeros(20), generator=g), r"shape \(20,\)"),
        (lambda g: reality_check(np.arange(20.0), np.full((20, 2), [1.0, np.nan]), generator=g), "20 NaN"),
        (lambda g: reality_check(np.ones(20), np.zeros((20, 1)), generator=g), "candidate 0 always differs by 1"),
        (lambda g: reality_check(np.ones(5), np.zeros((5, 1)), generator=g), "holds 5 days"),
        (lambda g: benjamini_hochberg([0.1, np.nan]), "p_values hold nan"),
        (lambda g: benjamini_hochberg(pd.Series([0.1, 1.1])), "p_values hold 1.1"),
        (lambda g: benjamini_hochberg([0.1], rate=5), "rate=5"),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call(np.random.default_rng(0))
