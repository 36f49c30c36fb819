"""What the reader's functions must do on Day 1, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails.
"""

import numpy as np

from challenges.day_01 import series

SHOCKS = np.array([1.0, -1.0, 0.5, 0.0, 2.0])
DAYS = np.array([0.0, 1.0, 0.0, 0.0, 0.0, 4.0, -3.0, 3.5])  # loud beside loud
_rng = np.random.default_rng(1)
LONG = _rng.normal(size=400)


def square_times(x):
    return x[0] ** 2 * x[1]


def cube(x):
    return float(np.sum(x**3) / 1e18)


# --- graders: each takes the reader's function ---


def grade_ar1(ar1):
    x = np.asarray(ar1(LONG.copy(), -0.6, 2.0))
    assert x.shape == LONG.shape, f"one value per shock: expected shape {LONG.shape}, got {x.shape}"
    past = (x[1:] + 0.6 * x[:-1]) / 2.0
    assert np.allclose(past, LONG[1:]), "take 0.6 (your φ) of yesterday from today and σ times the shock must remain"
    assert np.isclose(x[0], 2.0 / 0.8 * LONG[0]), "day 0 must have the spread of every other day, σ / √(1 − φ²)"
    assert np.allclose(ar1(LONG.copy(), 0.0, 3.0), 3.0 * LONG), "with φ = 0 nothing but σ times the shocks is left"


def grade_numerical_gradient(numerical_gradient):
    point = np.array([[0.3, -1.2], [2.0, 0.7]])
    given = point.copy()
    gradient = np.asarray(numerical_gradient(lambda x: float(np.sum(np.sin(x))), given))
    assert gradient.shape == point.shape, f"a gradient has the shape of its x: expected (2, 2), got {gradient.shape}"
    assert np.array_equal(given, point), "you changed the caller's array: work on a copy and put each coordinate back"
    assert np.allclose(gradient, np.cos(point), rtol=1e-8), "the gradient of Σ sin x must be cos x to eight digits"
    both = numerical_gradient(square_times, np.array([2.0, 3.0]), 0.1)
    assert np.allclose(both, [12, 4]), f"x₀² x₁ at (2, 3) has gradient (12, 4), you say ({both[0]:.2f}, {both[1]:.2f})"
    wide = numerical_gradient(lambda x: float(x[0] ** 3), np.array([1.0]), 0.1)
    assert np.isclose(wide[0], 3.01), f"x³ at 1 with step 0.1: 3.01 by central differences, you say {wide[0]:.4f}"
    big = numerical_gradient(cube, np.array([1e9]))
    assert np.isclose(big[0], 3.0, rtol=1e-6), f"at x = 10⁹ the step must grow with x: 3.0000, you say {big[0]:.4f}"


def grade_autocorrelation(autocorrelation):
    rho, textbook, honest = autocorrelation(DAYS.copy(), 3)
    assert np.shape(rho) == np.shape(honest) == (3,), "one ρ and one honest band per lag: expected shape (3,)"
    assert np.allclose(rho, autocorrelation(DAYS * 7 + 100, 3)[0]), "other units or another zero must not move ρ"
    far = autocorrelation(np.array([0.0, 1.0, 0.0, 0.0, 0.0, 4.0]), 5)[0]
    assert np.all(np.abs(far) <= 1), f"no correlation is beyond ±1, yet yours reaches {np.abs(far).max():.2f}"
    d = DAYS - DAYS.mean()
    assert np.isclose(rho[1], d[:-2] @ d[2:] / (d @ d)), "lag 2: products of days two apart over all squares"
    assert np.isclose(textbook, 1.96 / np.sqrt(8)), "the textbook band is 1.96 / √n"
    coins = autocorrelation(np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0]), 1)[2][0]
    assert np.isclose(coins, 1.96 * np.sqrt(7) / 8), "days of equal size: seven products of 1 over eight squares of 1"
    assert np.isclose(honest[0], 1.96 * np.sqrt((d[:-1] ** 2) @ (d[1:] ** 2)) / (d @ d)), (
        "honest band, lag 1: the root of the summed d²ₜd²ₜ₊₁ over the summed squares"
    )


# --- mutants: plausible, wrong, and each worth one sentence ---


def starts_at_zero(shocks, phi, sigma):
    "You start at zero: for the first weeks the series is calmer than it will ever be again. Use σ / √(1 − φ²) there."
    x = np.zeros_like(shocks)
    for t in range(1, len(shocks)):
        x[t] = phi * x[t - 1] + sigma * shocks[t]
    return x


def starts_like_any_day(shocks, phi, sigma):
    "Day 0 got one day's noise, σ. A day in the middle carries the echo of all days before: σ / √(1 − φ²)."
    x = sigma * shocks.copy()
    for t in range(1, len(shocks)):
        x[t] += phi * x[t - 1]
    return x


def ignores_sigma(shocks, phi, sigma):
    "Your shocks have size one: σ is missing."
    return series.ar1(shocks, phi, 1.0)


def phi_on_the_noise(shocks, phi, sigma):
    "φ belongs to yesterday's value, not to today's shock: yours never forgets."
    x = np.empty_like(shocks)
    x[0] = sigma / np.sqrt(1 - phi**2) * shocks[0]
    x[1:] = x[0] + np.cumsum(phi * sigma * shocks[1:])
    return x


def _difference(f, x, step, leave=None, sides=(1, -1), relative=True):
    x = np.array(x, dtype=float)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        here, values = x[i], []
        h = step * max(1.0, abs(here)) if relative else step
        for side in sides:
            x[i] = here + side * h
            values.append(f(x))
        x[i] = here if leave is None else here + leave * h
        gradient[i] = (values[0] - values[1]) / ((sides[0] - sides[1]) * h)
    return gradient


def forward_difference(f, x, step=1e-5):
    "You step to one side only: the error is as large as the step. Step to both sides and it is as small as its square."
    return _difference(f, x, step, sides=(1, 0))


def one_step_for_all(f, x, step=1e-5):
    "One step for every coordinate: beside 10⁹ a step of 10⁻⁵ drowns in rounding. Let it grow with |x|."
    return _difference(f, x, step, relative=False)


def left_below(f, x, step=1e-5):
    "You do not put the coordinate back (it stays at x − h), so the next one is differentiated somewhere else."
    return _difference(f, x, step, leave=-1)


def left_above(f, x, step=1e-5):
    "You do not put the coordinate back (it stays at x + h), so the next one is differentiated somewhere else."
    return _difference(f, x, step, leave=1)


def forgot_the_two(f, x, step=1e-5):
    "From one side to the other it is two steps: divide by 2h."
    return 2 * _difference(f, x, step)


def _with_bands(d, lags, products_over):
    power = np.sum(d**2)
    rho = np.array([d[:-k] @ d[k:] / products_over(k) for k in range(1, lags + 1)]) / power
    honest = 1.96 * np.sqrt([(d[:-k] ** 2) @ (d[k:] ** 2) for k in range(1, lags + 1)]) / power
    return rho, float(1.96 / np.sqrt(len(d))), honest


def not_demeaned(x, lags):
    "You forgot to take the mean off: a series that sits far from zero resembles itself at every lag."
    return _with_bands(x, lags, lambda k: 1.0)


def averages_of_products(x, lags):
    "You divided by n − k products instead of n: at long lags a single pair can then pass ±1."
    d = x - x.mean()
    return _with_bands(d, lags, lambda k: (len(d) - k) / len(d))


def each_lag_its_own_mean(x, lags):
    "You gave each lag its own mean and spread (np.corrcoef does): take those of the whole series."
    _, textbook, honest = _with_bands(x - x.mean(), lags, lambda k: 1.0)
    pairs = [(x[:-k] - x[:-k].mean(), x[k:] - x[k:].mean()) for k in range(1, lags + 1)]
    with np.errstate(all="ignore"):
        return np.array([a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in pairs]), textbook, honest


def averages_multiplied(x, lags):
    "You multiplied two averages of squares: that forgets which loud day stood beside which. Sum the products."
    d = x - x.mean()
    rho, textbook, _ = _with_bands(d, lags, lambda k: 1.0)
    means = [np.mean(d[:-k] ** 2) * np.mean(d[k:] ** 2) * (len(d) - k) for k in range(1, lags + 1)]
    return rho, textbook, 1.96 * np.sqrt(means) / np.sum(d**2)


def band_of_the_wrong_power(x, lags):
    "Your honest band misses the root: 1.96 standard deviations, not variances."
    d = x - x.mean()
    rho, textbook, honest = _with_bands(d, lags, lambda k: 1.0)
    return rho, textbook, honest**2 / 1.96


EXERCISES = {
    "ar1": (grade_ar1, [starts_at_zero, starts_like_any_day, ignores_sigma, phi_on_the_noise]),
    "numerical_gradient": (
        grade_numerical_gradient,
        [forward_difference, one_step_for_all, left_below, left_above, forgot_the_two],
    ),
    "autocorrelation": (
        grade_autocorrelation,
        [
            not_demeaned,
            averages_of_products,
            each_lag_its_own_mean,
            averages_multiplied,
            band_of_the_wrong_power,
        ],
    ),
}

PROBES = {
    "ar1": [(SHOCKS, 0.8, 0.5)],
    "numerical_gradient": [
        (square_times, np.array([2.0, 3.0]), 0.1),
        (cube, np.array([1.1e9]), 2.0**-16),  # a power of two: the step is exact, so equal mistakes give equal digits
    ],
    "autocorrelation": [(DAYS, 3)],
}
