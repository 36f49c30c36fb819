"""What the reader's functions must do on Day 6, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails.
"""

import numpy as np

from challenges.day_06 import positional

_rng = np.random.default_rng(6)
PLACES, WIDTH = np.array([0, 1, 7, 250, -3]), 6  # not a range, and one place before the window: an index shows
X = _rng.normal(size=(2, 5, 6)) + 0.5

# Autumn 2001: four sessions in September that nobody knew would not come, and a file that ends in mid-October.
_week_days = np.arange("2001-08-13", "2001-10-17", dtype="datetime64[D]")
HOLIDAYS = np.array(["2001-07-04", "2001-09-03", "2001-11-22", "2001-12-25", "2002-01-01"], "datetime64[D]")
_unforeseen = np.arange("2001-09-11", "2001-09-15", dtype="datetime64[D]")
DATES = _week_days[np.is_busday(_week_days, holidays=np.concatenate([HOLIDAYS[1:2], _unforeseen]))]
WEEKDAY, SINCE_FIRST, UNTIL_LAST, UNTIL_EVE = range(4)


# --- graders: each takes the reader's function ---


def grade_sinusoidal(sinusoidal):
    code = np.asarray(sinusoidal(PLACES.copy(), WIDTH))
    assert code.shape == (5, 6), f"one row of {WIDTH} columns for each of 5 places: expected (5, 6), got {code.shape}"
    given = np.asarray(sinusoidal(np.arange(4), 4))
    wanted = [0.841, 0.540, 0.010, 1.000]
    assert np.allclose(given[1], wanted, atol=6e-4), f"at t = 1 and width 4: {wanted}, you say {given[1].round(3)}"
    assert np.allclose((code**2).sum(1), WIDTH / 2), "sine and cosine of one angle: the squares of a pair sum to one"
    later, before = np.asarray(sinusoidal(np.arange(5, 25), WIDTH)), np.asarray(sinusoidal(np.arange(20), WIDTH))
    turn = np.linalg.lstsq(before, later, rcond=None)[0]
    assert np.allclose(before @ turn, later), "one linear map must move all codes by five places; yours have none"
    assert np.allclose(sinusoidal(np.array([5]), WIDTH), before[5:6]), "place 5 has one code, whatever stands beside it"
    pace = np.asarray(sinusoidal(np.array([1.0]), 4, base=100.0))[0]
    assert np.allclose(pace[2], np.sin(0.1)), f"with base 100 and width 4 the second hand goes at .1: {pace[2]:.3f}"


def grade_rotary(rotary):
    x = X.copy()
    turned = np.asarray(rotary(x, PLACES.copy()))
    assert np.array_equal(x, X), "you changed the caller's x: make new arrays"
    assert turned.shape == X.shape, f"a turned token has its own shape: {X.shape}, not {turned.shape}"
    assert np.allclose((turned**2).sum(-1), (X**2).sum(-1)), "a turn keeps lengths; yours does not"
    assert np.allclose(turned[:, 0], X[:, 0]), "at place 0 nothing is turned"

    def score(t, s):
        q, k = np.array([[1.0, 2, 3, 4]]), np.array([[4.0, -1, 2, 1]])
        return float(np.sum(np.asarray(rotary(q, np.array([t]))) * np.asarray(rotary(k, np.array([s])))))

    assert np.isclose(score(105, 103), score(5, 3)), "moved together, query and key must keep their score"
    assert abs(score(5, 3) - 0.882) < 6e-4, f"q = 1 2 3 4 at 5, k = 4 −1 2 1 at 3: .882, you say {score(5, 3):.3f}"
    back = np.asarray(rotary(positional.sinusoidal(PLACES, 4), np.full(5, 6)))
    assert np.allclose(back, positional.sinusoidal(PLACES - 6, 4)), "turned by 6, a sinusoidal code goes 6 places back"


def grade_calendar_features(calendar_features):
    table = np.asarray(calendar_features(DATES.copy(), HOLIDAYS.copy()))
    assert table.shape == (len(DATES), 4), f"four columns for {len(DATES)} dates, you return {table.shape}"

    def on(day, column):
        return table[np.datetime64(day) == DATES, column].item()

    assert on("2001-09-10", WEEKDAY) == 0, f"10 September 2001 was a Monday, 0: you say {on('2001-09-10', WEEKDAY)}"
    assert on("2001-09-04", SINCE_FIRST) == 0, "3 September was Labor Day: the month's first session is the 4th"
    assert on("2001-09-28", UNTIL_LAST) == 0, "Friday the 28th was September's last session, though not its last day"
    assert on("2001-10-16", UNTIL_LAST) == 11, "eleven sessions of October follow the 16th, wherever your file ends"
    assert on("2001-08-31", UNTIL_EVE) == 0, "31 August is the eve of Labor Day"
    assert on("2001-08-17", UNTIL_EVE) == 10, "a Friday is no eve: the next holiday is Labor Day, ten sessions on"
    assert on("2001-09-10", UNTIL_EVE) == 52, "on 10 September 2001 the next holiday was Thanksgiving"
    assert on("2001-09-17", SINCE_FIRST) == 9, "sessions are counted as announced, those that then did not come too"
    wanted = positional.calendar_features(DATES, HOLIDAYS)
    wrong = np.argwhere(table != wanted)
    assert not len(wrong), f"{DATES[wrong[0][0]]}, column {wrong[0][1]}: {wanted[tuple(wrong[0])]} is right"


# --- mutants: plausible, wrong, and each worth one sentence ---


def a_speed_for_each_column(positions, width, *, base=10_000.0):
    "Your sine and cosine run at different speeds, and then no turn moves one place to the next: share one in a pair."
    angle = positions[..., None] * base ** (-np.arange(width) / width)
    return np.where(np.arange(width) % 2 == 0, np.sin(angle), np.cos(angle))


def in_degrees(positions, width, *, base=10_000.0):
    "Your angles are in degrees: the fastest hand then needs 360 sessions, not six."
    return positional.sinusoidal(np.radians(positions), width, base=base)


def half_the_exponent(positions, width, *, base=10_000.0):
    "Your exponent is i/W where 2i/W is meant. The codes still turn as they should; only the numbers catch it."
    return positional.sinusoidal(positions, width, base=base**0.5)


def sines_then_cosines(positions, width, *, base=10_000.0):
    "All sines, then all cosines: a network does not mind, but `rotary` pairs neighbours, and would turn other pairs."
    code = positional.sinusoidal(positions, width, base=base)
    return np.concatenate([code[..., 0::2], code[..., 1::2]], axis=-1)


def places_by_rank(positions, width, *, base=10_000.0):
    "You coded the order in which the places came, 0, 1, 2, …, and not the places."
    return positional.sinusoidal(np.arange(len(positions)), width, base=base)


def share_of_the_window(positions, width, *, base=10_000.0):
    "You divided the places by the length of the window: one more day of history, and every code moves."
    return positional.sinusoidal(positions / len(positions), width, base=base)


def _turned(x, positions, base=10_000.0):
    angle = positions[..., None] * base ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1])
    return np.cos(angle), np.sin(angle)


def halves_as_pairs(x, positions, *, base=10_000.0):
    "You pair the first half with the second, as some libraries do. It passes every test of shifts; weights do not fit."
    cos, sin = _turned(x, positions, base)
    left, right = np.split(x, 2, axis=-1)
    return np.concatenate([left * cos - right * sin, left * sin + right * cos], axis=-1)


def backwards(x, positions, *, base=10_000.0):
    "You turn the other way. It passes every test of shifts, and two days ago has the score of two days ahead."
    return positional.rotary(x, -positions, base=base)


def counts_from_one(x, positions, *, base=10_000.0):
    "You count places from one. On both sides no score shows it; on one side only, every distance is off by a day."
    return positional.rotary(x, positions + 1, base=base)


def one_column_after_the_other(x, positions, *, base=10_000.0):
    "Your second column was turned with the first already changed: keep both old values until both new ones are made."
    cos, sin = _turned(x, positions, base)
    even = x[..., 0::2] * cos - x[..., 1::2] * sin
    return np.stack([even, even * sin + x[..., 1::2] * cos], axis=-1).reshape(x.shape)


def loses_the_order(x, positions, *, base=10_000.0):
    "Even columns first, then the odd ones: scores are kept, and every token has had its columns dealt out anew."
    turned = positional.rotary(x, positions, base=base)
    return np.concatenate([turned[..., 0::2], turned[..., 1::2]], axis=-1)


def one_speed(x, positions, *, base=10_000.0):
    "All your pairs turn at the same speed, once in six sessions: day 1 and day 45 then look alike."
    return positional.rotary(x, positions, base=1.0)


def adds_the_code(x, positions, *, base=10_000.0):
    "You added a code. A turn multiplies; a sum leaves the score knowing where both stand, not only how far apart."
    return x + positional.sinusoidal(positions, x.shape[-1], base=base)


def every_gap_is_a_holiday(dates, holidays):
    "Your eve is any session with a closed day after it: then every Friday is one. A holiday is a closed *week day*."
    table = positional.calendar_features(dates, holidays)
    weekends = np.arange(dates[0], dates[-1] + 370)
    weekends = weekends[(weekends.astype(int) + 3) % 7 == 5]
    table[:, UNTIL_EVE] = positional.calendar_features(dates, np.union1d(holidays, weekends))[:, UNTIL_EVE]
    return table


def knows_what_came_to_pass(dates, holidays):
    "Your calendar leaves out sessions that did not come: on 10 September 2001 it knew that the exchange would close."
    all_days = np.arange(dates[0], dates[-1] + 1)
    missing = all_days[np.is_busday(all_days) & ~np.isin(all_days, dates)]
    return positional.calendar_features(dates, np.union1d(holidays, missing))


def ends_with_the_file(dates, holidays):
    "Your last month ends where your file ends. The exchange's does not: count announced sessions, future ones too."
    table = positional.calendar_features(dates, holidays)
    row = np.arange(len(dates))
    month = dates.astype("datetime64[M]")
    table[:, UNTIL_LAST] = month.searchsorted(month, side="right") - 1 - row
    return table


def month_of_days(dates, holidays):
    "You count days to the month's last day. It is a weekend in two months of seven, and then no session is the last."
    table = positional.calendar_features(dates, holidays)
    last_day = (dates.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    table[:, UNTIL_LAST] = (last_day - dates).astype(int)
    return table


def five_sessions_a_week(dates, holidays):
    "You counted the weekday, session number modulo five. A week in six has fewer: look it up."
    table = positional.calendar_features(dates, holidays)
    table[:, WEEKDAY] = (np.arange(len(dates)) + table[0, WEEKDAY]) % 5
    return table


def yesterdays_row(dates, holidays):
    "You shifted the table by a row, out of caution. What is known in advance need not wait: use the day's own."
    table = positional.calendar_features(dates, holidays)
    return np.concatenate([table[:1], table[:-1]])


EXERCISES = {
    "sinusoidal": (
        grade_sinusoidal,
        [
            a_speed_for_each_column,
            in_degrees,
            half_the_exponent,
            sines_then_cosines,
            places_by_rank,
            share_of_the_window,
        ],
    ),
    "rotary": (
        grade_rotary,
        [
            halves_as_pairs,
            backwards,
            counts_from_one,
            one_column_after_the_other,
            loses_the_order,
            one_speed,
            adds_the_code,
        ],
    ),
    "calendar_features": (
        grade_calendar_features,
        [
            every_gap_is_a_holiday,
            knows_what_came_to_pass,
            ends_with_the_file,
            month_of_days,
            five_sessions_a_week,
            yesterdays_row,
        ],
    ),
}

PROBES = {
    "sinusoidal": [(PLACES, WIDTH)],
    "rotary": [(X, PLACES)],
    "calendar_features": [(DATES, HOLIDAYS)],
}
