"""The three processes against pencil, plain loops, and the lesson's own module."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dlcore.markets.simulate import ar1, garch, random_walk

PENCIL = np.array([1, -1, 0.5, 0, 2])


def test_ar1_by_pencil():
    np.testing.assert_allclose(ar1(PENCIL, phi=0.8, sigma=0.5), [0.8333, 0.1667, 0.3833, 0.3067, 1.2453], atol=5e-5)


def test_ar1_is_scipys_filter():
    z = np.random.default_rng(0).standard_normal((3, 200))
    drive = 0.5 * z
    drive[:, 0] /= np.sqrt(1 - 0.7**2)
    np.testing.assert_allclose(ar1(z, phi=0.7, sigma=0.5), lfilter([1], [1, -0.7], drive), rtol=1e-10, atol=1e-12)


def test_random_walk_by_pencil():
    np.testing.assert_allclose(random_walk(PENCIL, sigma=2, start=10), [12, 10, 11, 11, 15])


def test_garch_is_the_plain_loop():
    z = np.random.default_rng(1).standard_normal(50)
    returns, variance = garch(z, omega=0.1, alpha=0.1, beta=0.8)
    h, r = 0.1 / (1 - 0.1 - 0.8), 0.0
    for t in range(50):
        h = h if t == 0 else 0.1 + 0.1 * r**2 + 0.8 * h
        r = np.sqrt(h) * z[t]
        assert variance[t] == pytest.approx(h, rel=1e-12)
        assert returns[t] == pytest.approx(r, rel=1e-12)


def _garch_returns(shocks):
    return garch(shocks, omega=0.1, alpha=0.1, beta=0.8)[0]


@pytest.mark.parametrize(
    "process",
    [lambda z: ar1(z, phi=-0.5, sigma=2), lambda z: random_walk(z, sigma=1, start=3), _garch_returns],
    ids=["ar1", "random_walk", "garch"],
)
def test_a_batch_is_its_series_and_shocks_stay_untouched(process):
    z = np.random.default_rng(2).standard_normal((2, 3, 40))
    before = z.copy()
    paths = process(z)
    assert paths.shape == z.shape
    np.testing.assert_array_equal(paths[1, 2], process(z[1, 2]))
    np.testing.assert_array_equal(z, before)


def test_ar1_starts_where_it_would_be():
    paths = ar1(np.random.default_rng(3).standard_normal((20_000, 5)), phi=0.9, sigma=0.3)
    np.testing.assert_allclose(paths.std(axis=0), 0.3 / np.sqrt(1 - 0.81), rtol=0.02)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ar1(PENCIL, phi=1, sigma=1), "phi=1 is not allowed"),
        (lambda: ar1(PENCIL, phi=np.nan, sigma=1), "phi=nan is not allowed"),
        (lambda: ar1(PENCIL, phi=0, sigma=0), "sigma=0 is not allowed"),
        (lambda: ar1(np.array([]), phi=0, sigma=1), "n ≥ 1"),
        (lambda: random_walk(PENCIL, sigma=-1), "sigma=-1 is not allowed"),
        (lambda: garch(PENCIL, omega=0, alpha=0.1, beta=0.8), "omega=0 is not allowed"),
        (lambda: garch(PENCIL, omega=1, alpha=0.3, beta=0.8), "alpha=0.3, beta=0.8 are not allowed"),
    ],
)
def test_a_wrong_number_is_named(call, says):
    with pytest.raises(ValueError, match=says) as error:
        call()
    assert "\n" not in str(error.value)
