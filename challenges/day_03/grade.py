"""What the reader's functions must do on Day 3, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails.
"""

import numpy as np

from challenges.day_03 import mlp
from challenges.day_03 import windows as lesson

_rng = np.random.default_rng(3)
PRICES = np.exp(_rng.normal(size=(9, 2)).cumsum(0) / 5) * [10.3, 103.0]  # nine days, two assets, unlike in size
LENGTH = 4

DAY = np.arange(40)
FIVE_DAYS = (DAY, DAY + 1, DAY + 6, 15, 19)  # decided, bought, sold; tested on 15 to 19

# a panel of three stocks, day by day; one is halted now and then, and sold late
PANEL_DAY = np.repeat(np.arange(36), 3)
PANEL_END = PANEL_DAY + 6 + 3 * ((PANEL_DAY % 4 == 0) & (np.arange(len(PANEL_DAY)) % 3 == 1))
PANEL = (PANEL_DAY, PANEL_DAY + 1, PANEL_END, 13, 16)

POINT, SLOPE = np.array([0.3, -0.7, 0.2]), np.array([1.0, -2.0, 1e-5])
MEAN, SQUARE = np.array([0.1, -0.3, 2e-5]), np.array([0.02, 0.5, 3e-10])
EMPTY = np.zeros(3)


# --- graders: each takes the reader's function ---


def grade_windows(windows):
    prices = PRICES.copy()
    answer = windows(prices, LENGTH)
    assert isinstance(answer, tuple), "return two arrays: the windows and their labels"
    assert len(answer) == 2, "return two arrays: the windows and their labels"
    x, y = answer
    assert np.shape(x) == (6, 2, 4), f"nine days and windows of four: shape (6, 2, 4) expected, not {np.shape(x)}"
    assert np.shape(y) == (6, 2), f"one label for each window and asset: shape (6, 2) expected, not {np.shape(y)}"
    for i in range(6):
        for a in range(2):
            assert np.allclose(x[i, a], PRICES[i : i + 4, a]), f"window {i} of asset {a} is not days {i} to {i + 3}"
    assert np.isnan(y[-1]).all(), "the last window has no next day yet: its label is NaN"
    assert np.isfinite(y[:-1]).all(), "only the last window is without a label"
    assert np.allclose(y[:-1], PRICES[4:] / PRICES[3:-1] - 1), (
        "a label is the next day's price over the window's last, −1"
    )
    assert np.shares_memory(x, prices), "you copied: 28 MB for half a megabyte. sliding_window_view begins a day later"
    assert np.array_equal(prices, PRICES), "you changed the caller's prices"


def grade_purged_split(purged_split):
    for arguments in (FIVE_DAYS, PANEL):
        decided, start, end, first, last = arguments
        answer = purged_split(*arguments)
        assert isinstance(answer, tuple), "return two masks: who trains, who is tested"
        assert len(answer) == 2, "return two masks: who trains, who is tested"
        train, test = (np.asarray(mask) for mask in answer)
        assert train.shape == test.shape == decided.shape, "return masks, one entry for each row"
        assert train.dtype == test.dtype == bool, "return masks of True and False, not positions"
        assert np.array_equal(test, (decided >= first) & (decided <= last)), (
            "tested are the days first to last, both in"
        )
        for row in np.flatnonzero(~test):
            shares = np.any((start[row] < end[test]) & (start[test] < end[row]))
            unknown = decided[row] < first < end[row]
            when = f"the row decided on day {decided[row]}, bought on {start[row]}, sold on {end[row]},"
            assert not (train[row] and shares), f"{when} shares a return with a test label"
            assert not (train[row] and unknown), f"{when} was not known when day {first} was decided"
            assert train[row] or shares or unknown, f"{when} shares nothing and hides nothing: it may train"


def grade_adam_step(adam_step):
    given = [a.copy() for a in (POINT, SLOPE, MEAN, SQUARE)]
    answer = adam_step(*given, 7, rate=0.02)
    assert isinstance(answer, tuple), "return the new parameter, mean and square"
    assert len(answer) == 3, "return three arrays: the new parameter, the new mean, the new square"
    assert all(np.array_equal(a, b) for a, b in zip(given, (POINT, SLOPE, MEAN, SQUARE), strict=True)), (
        "you changed the caller's arrays: make new ones"
    )
    assert all(np.shape(a) == (3,) for a in answer), "everything keeps the parameter's shape"
    for size in (1e-4, 1.0, 1e4):
        moved = adam_step(EMPTY, size * np.array([1.0, -2.0, 0.5]), EMPTY, EMPTY, 1, rate=0.01)[0]
        assert np.allclose(moved, [-0.01, 0.01, -0.01], rtol=1e-3), (
            f"the first step is as long as the rate, against the slope, whatever its size; slopes of {size:g}: {moved}"
        )
    p, m, v = EMPTY, EMPTY, EMPTY
    for step in range(1, 6):
        p, m, v = adam_step(p, SLOPE, m, v, step, rate=0.01)
    assert np.allclose(m, (1 - 0.9**5) * SLOPE), "after five steps of one slope the mean holds 1 − .9⁵ of it"
    assert np.allclose(v, (1 - 0.999**5) * SLOPE**2), "after five steps the square holds 1 − .999⁵ of the slope's"
    for wanted, mine, name in zip(
        mlp.adam_step(POINT, SLOPE, MEAN, SQUARE, 7, rate=0.02, decay=(0.8, 0.95), epsilon=1e-3),
        adam_step(POINT, SLOPE, MEAN, SQUARE, 7, rate=0.02, decay=(0.8, 0.95), epsilon=1e-3),
        ("parameter", "mean", "square"),
        strict=True,
    ):
        assert np.allclose(wanted, mine, rtol=1e-9), f"decay (.8, .95) and ε = .001, step 7: the {name} is another"


# --- mutants: plausible, wrong, and each worth one sentence ---


def label_off_by_one(prices, length):
    "Your label is the return of the window's own last day: the last input is the answer. Forecast the day after it."
    x, _ = lesson.windows(prices, length)
    return x, prices[length - 1 :] / prices[length - 2 : -1] - 1


def crosses_two_assets(prices, length):
    "Your windows run on from one asset's end into the next one's beginning: a return at the seam that nobody had."
    long = prices.T.reshape(-1)
    x = np.lib.stride_tricks.sliding_window_view(long, length)
    n, assets = len(prices) - length + 1, prices.shape[1]
    after = np.append(long[length:], np.nan) / long[length - 1 :] - 1
    return x[: n * assets].reshape(assets, n, length).swapaxes(0, 1), after[: n * assets].reshape(assets, n).T


def forgets_the_last_window(prices, length):
    "You dropped the window that has no answer yet. It is the only one that anybody will ever trade on: label it NaN."
    x, y = lesson.windows(prices, length)
    return x[:-1], y[:-1]


def wraps_round(prices, length):
    "Your last label compares the end of the file with its beginning (np.roll does that). Nobody knows it yet: NaN."
    x, y = lesson.windows(prices, length)
    y[-1] = prices[0] / prices[-1] - 1
    return x, y


def forecasts_the_level(prices, length):
    "Your label is tomorrow's price. Its R² will be .99, and so will that of today's price: forecast the return."
    x, y = lesson.windows(prices, length)
    y[:-1] = prices[length:]
    return x, y


def newest_first(prices, length):
    "Your windows run backwards: the newest day is to be the last one."
    x, y = lesson.windows(prices, length)
    return x[..., ::-1], y


def from_the_windows_beginning(prices, length):
    "Your label is measured from the window's first day: all but one day of that return is in the window already."
    x, y = lesson.windows(prices, length)
    y[:-1] = prices[length:] / prices[:-length] - 1
    return x, y


def by_label_end(decided, start, end, first, last):
    "You drop rows whose label ends in the test. Those decided just after it begin in it, and share as many returns."
    test = (first <= decided) & (decided <= last)
    return ~test & ((end <= first) | (decided > last)), test


def by_row_count(decided, start, end, first, last):
    "You count rows: in a panel of three stocks five rows are 1.7 days. Compare the labels' own dates."
    test = (first <= decided) & (decided <= last)
    at, place = np.flatnonzero(test), np.arange(len(decided))
    return (place < at[0] - 5) | (place > at[-1] + 5), test


def forgets_what_was_unknown(decided, start, end, first, last):
    "You ask only whether labels overlap. One that is sold the day after the first test decision was unknown then."
    test = (first <= decided) & (decided <= last)
    return ~test & ((end <= start[test].min()) | (start >= end[test].max())), test


def no_purge_at_all(decided, start, end, first, last):
    "You train on everything that is not tested: the neighbours of the test days hold most of its answers."
    test = (first <= decided) & (decided <= last)
    return ~test, test


def only_the_past(decided, start, end, first, last):
    "You dropped everything after the test. Rows bought once every test label has been sold are honest: keep them."
    test = (first <= decided) & (decided <= last)
    return end <= first, test


def a_day_too_many(decided, start, end, first, last):
    "Too strict at the edges: sold at the very close of the first decision is known, bought at the last sale is free."
    test = (first <= decided) & (decided <= last)
    return (end < first) | (start > end[test].max()), test


def trusts_the_plan(decided, start, end, first, last):
    "You counted the planned days. A halted stock is sold later: the last row tested need not be the last one sold."
    test = (first <= decided) & (decided <= last)
    return (end <= first) | (start >= end[test][-1]), test


def no_bias_correction(parameter, gradient, mean, square, step, *, rate=1e-3, decay=(0.9, 0.999), epsilon=1e-8):
    "No bias correction: both means began at zero, and the first step is 3.16 times too long. Divide by 1 − βᵏ."
    mean = decay[0] * mean + (1 - decay[0]) * gradient
    square = decay[1] * square + (1 - decay[1]) * gradient**2
    return parameter - rate * mean / (np.sqrt(square) + epsilon), mean, square


def epsilon_inside_the_root(parameter, gradient, mean, square, step, *, rate=1e-3, decay=(0.9, 0.999), epsilon=1e-8):
    "ε belongs outside the root. Inside it is √ε = 10⁻⁴, and a weight with a slope of 10⁻⁵ hardly moves."
    _, mean, square = mlp.adam_step(parameter, gradient, mean, square, step, rate=rate, decay=decay, epsilon=epsilon)
    m, v = mean / (1 - decay[0] ** step), square / (1 - decay[1] ** step)
    return parameter - rate * m / np.sqrt(v + epsilon), mean, square


def one_state_for_all(parameter, gradient, mean, square, step, *, rate=1e-3, decay=(0.9, 0.999), epsilon=1e-8):
    "One state for all weights: each inherits the last one's means. Every weight has a mean and a square of its own."
    moved, m, v = np.empty_like(parameter), mean.flat[0], square.flat[0]
    for i in np.ndindex(parameter.shape):
        moved[i], m, v = mlp.adam_step(parameter[i], gradient[i], m, v, step, rate=rate, decay=decay, epsilon=epsilon)
    return moved, np.full_like(mean, m), np.full_like(square, v)


def walks_uphill(parameter, gradient, mean, square, step, *, rate=1e-3, decay=(0.9, 0.999), epsilon=1e-8):
    "You walk uphill: the step goes against the slope."
    moved, m, v = mlp.adam_step(parameter, gradient, mean, square, step, rate=rate, decay=decay, epsilon=epsilon)
    return 2 * parameter - moved, m, v


def keeps_the_corrected(parameter, gradient, mean, square, step, *, rate=1e-3, decay=(0.9, 0.999), epsilon=1e-8):
    "You return the corrected means: the next step would correct them again. Correct for the step, keep them raw."
    moved, m, v = mlp.adam_step(parameter, gradient, mean, square, step, rate=rate, decay=decay, epsilon=epsilon)
    return moved, m / (1 - decay[0] ** step), v / (1 - decay[1] ** step)


def squares_the_mean(parameter, gradient, mean, square, step, *, rate=1e-3, decay=(0.9, 0.999), epsilon=1e-8):
    "You square the running mean. The second mean is one of squared slopes: it must not forget that they alternate."
    mean = decay[0] * mean + (1 - decay[0]) * gradient
    square = decay[1] * square + (1 - decay[1]) * mean**2
    m, v = mean / (1 - decay[0] ** step), square / (1 - decay[1] ** step)
    return parameter - rate * m / (np.sqrt(v) + epsilon), mean, square


EXERCISES = {
    "windows": (
        grade_windows,
        [
            label_off_by_one,
            crosses_two_assets,
            forgets_the_last_window,
            wraps_round,
            forecasts_the_level,
            newest_first,
            from_the_windows_beginning,
        ],
    ),
    "purged_split": (
        grade_purged_split,
        [
            by_label_end,
            by_row_count,
            forgets_what_was_unknown,
            no_purge_at_all,
            only_the_past,
            a_day_too_many,
            trusts_the_plan,
        ],
    ),
    "adam_step": (
        grade_adam_step,
        [
            no_bias_correction,
            epsilon_inside_the_root,
            one_state_for_all,
            walks_uphill,
            keeps_the_corrected,
            squares_the_mean,
        ],
    ),
}

PROBES = {
    "windows": [(PRICES, LENGTH)],
    "purged_split": [FIVE_DAYS, PANEL],
    "adam_step": [(POINT, SLOPE, MEAN, SQUARE, 7), (EMPTY, SLOPE, EMPTY, EMPTY, 1)],
}
