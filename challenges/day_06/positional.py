"""Where a day stands: codes that are added to it, a turn that leaves only distances, and what a calendar knows.

In:  positions counted in sessions; tokens or a table; dates and the holidays that were announced.
Out: codes, turned tokens, their gradients; four facts of each date that are known in advance.
Shapes: L places, W width, R rows of a table, n dates.
"""

import numpy as np

# --- codes that are added ---


def sinusoidal(positions: np.ndarray, width: int, *, base: float = 10_000.0) -> np.ndarray:
    """Clock hands: the sine and the cosine of each position at W/2 speeds, (L, W). Vaswani et al. (2017).

    Column 2i is sin(t ωᵢ), column 2i + 1 is cos(t ωᵢ); ωᵢ = base^(−2i / W), and i = 0, …, W/2 − 1 counts the hands.
    Positions are any real numbers, in any order: what stands at t does not depend on what stands beside it.
    """
    # the first hand turns once in 2π sessions, the last hardly ever
    speed = base ** (-np.arange(0, width, 2) / width)  # (W / 2,)
    angle = np.asarray(positions)[..., None] * speed  # (L, W / 2)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(*angle.shape[:-1], width)  # (L, W)


def learned(table: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """One row of a table for each place, (L, W). A place beyond the table has none, and −1 is not yesterday."""
    return table[positions]  # (R, W) -> (L, W)


def learned_backward(upstream: np.ndarray, positions: np.ndarray, *, rows: int) -> np.ndarray:
    """∂L/∂table from g = ∂L/∂codes, (R, W): a row answers for every place at which it was used, others for none."""
    gradient = np.zeros((rows, upstream.shape[-1]))  # (R, W)
    # not gradient[positions] += g: where a position comes twice, that keeps only the last
    np.add.at(gradient, positions, upstream)
    return gradient


# --- a turn ---


def rotary(x: np.ndarray, positions: np.ndarray, *, base: float = 10_000.0) -> np.ndarray:
    """Turn each pair of columns by t ωᵢ, (L, W). Su et al. (2021). For queries and keys, never for values.

    The product of two vectors does not change when both are turned alike. So the score of a query at t with a key at s
    is that of a query turned by t − s with a key left alone: it knows the distance, and nothing else of t and s. The ωᵢ
    are those of `sinusoidal`, neighbouring columns 2i and 2i + 1 make its pairs, and the turn goes the way that takes
    its code of place t, turned by k, to its code of place t − k. `x` is (…, L, W) and is left as it was.
    """
    speed = base ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1])  # (W / 2,)
    angle = np.asarray(positions)[..., None] * speed  # (L, W / 2)
    cos, sin = np.cos(angle), np.sin(angle)

    # (x₂ᵢ, x₂ᵢ₊₁) → (x₂ᵢ cos − x₂ᵢ₊₁ sin, x₂ᵢ sin + x₂ᵢ₊₁ cos)
    even, odd = x[..., 0::2], x[..., 1::2]  # (L, W / 2)
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)  # (L, W)


def rotary_backward(upstream: np.ndarray, positions: np.ndarray, *, base: float = 10_000.0) -> np.ndarray:
    """∂L/∂x from g = ∂L/∂(turned x), (L, W): turned back."""
    return rotary(upstream, -np.asarray(positions), base=base)


# --- the calendar ---


def calendar_features(dates: np.ndarray, holidays: np.ndarray) -> np.ndarray:
    """Weekday (Monday 0), sessions since the month's first, until its last, until the eve of the next holiday, (n, 4).

    Counts are 0 on the day itself. `dates` are sessions, ascending; `holidays` the week days, ascending, on which the
    exchange was *announced* to be closed, up to one after the last date. The eve of one is the last session before it.
    Sessions are counted as announced, too, each week day that is no holiday: whoever counts those that came to pass
    knows on 10 September 2001 that the exchange will not open.
    """
    days = np.arange(dates[0] - 31, dates[-1] + 370)
    announced = days[np.is_busday(days, holidays=holidays)]  # (m,) the sessions of the rules, future ones included
    row = announced.searchsorted(dates)  # (n,)

    month = announced.astype("datetime64[M]")  # (m,)
    first = month.searchsorted(month[row])  # (n,)
    last = month.searchsorted(month[row], side="right") - 1  # (n,)

    eves = announced.searchsorted(holidays) - 1  # the session before each holiday; a Friday is none
    eve = eves[eves.searchsorted(row)]  # (n,)

    weekday = (dates.astype(int) + 3) % 7  # day 0 of numpy's count, 1970-01-01, was a Thursday
    return np.stack([weekday, row - first, last - row, eve - row], axis=1)  # (n, 4)
