"""Causality is tested, not promised: does a number of today change when tomorrow is cut off, or made up?

In come a function of a Panel and a Panel; out comes nothing, or `LookAheadError`, which names the feature, the date and
the asset that knew. Two trials are made at each of several dates: the panel is cut there, and its next date is
replaced by noise in the raw prices, before any scaler has seen them; what had been said until then must stay.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

NOISE = 0.5  # standard deviation of the log of what each value is multiplied by
LOST = 0.1  # share of values that the noise takes away, and of missing ones that it makes up


class LookAheadError(AssertionError):
    """A value depends on what came after it."""


def assert_causal(
    function: "Callable[[xr.Dataset], xr.DataArray | xr.Dataset]",
    panel: "xr.Dataset",
    *,
    dates: "Sequence[Any] | None" = None,
    lookahead: int = 0,
    rng: np.random.Generator | None = None,
    tolerance: float = 0.0,
) -> None:
    """Raise if a function of a Panel knows the future.

    Truncation: for each date t, the values up to t from the panel cut after t equal those from the whole panel, so
    that t is also tried as the last date, the only one that can be traded. Perturbation: when every field of the date
    after t is multiplied by noise of its own for each asset and field, some values are lost and some missing ones are
    made up, the values up to t do not move. A value that comes or goes (NaN) has moved. What hangs on the assets alone
    (sectors, dates of listing) stays as it is: whether that was known is not tested.

    Parameters
    ----------
    function : callable
        Panel → DataArray or Dataset; every variable with a dim `date` is compared, whatever its other dims. It gets
        copies, and must give the same values for the same panel. What it holds besides, such as a universe by date, it
        must cut to the panel's dates itself.
    panel : Dataset (date, asset)
        A Panel, long enough for the function's warm-up.
    dates : sequence of dates, optional
        Dates t of the panel, the last one excluded. Without it: the last but one, and three drawn by `rng` from those
        on which the function says something. A function that refuses short panels wants later ones.
    lookahead : int
        How many dates after its own a value may use: 0 for features; for labels, horizon + 1. Compared are then the
        values up to t - lookahead.
    rng : Generator, optional
        For the dates and the noise; seeded with 0 without it.
    tolerance : float
        Largest absolute difference that passes, in the unit of the variable; the default asks for equality to the bit.

    Raises
    ------
    LookAheadError
        One line: variable, date, asset, by how much, and which trial showed it.
    ValueError
        If the function says nothing on the dates that could be compared, gives no variable over `date`, or gives other
        values when called twice; for a date that is not in the panel, or a lookahead or tolerance below 0.

    Examples
    --------
    A mean of the past passes; the same mean, centred, knows tomorrow:

    >>> from dlcore.evaluation.leaks import assert_causal
    >>> from dlcore.markets import load_panel
    >>> panel = load_panel("simulated-sp500?assets=10&sessions=60")
    >>> assert_causal(lambda panel: panel["close"].rolling(date=5).mean(), panel)
    >>> assert_causal(lambda panel: panel["close"].rolling(date=5, center=True).mean(), panel)
    Traceback (most recent call last):
        ...
    dlcore.evaluation.leaks.LookAheadError: close at (2014-02-13, S0000) goes from 112.907 to nan when ...
    """
    rng = np.random.default_rng(0) if rng is None else rng
    if isinstance(lookahead, bool) or not isinstance(lookahead, int | np.integer) or lookahead < 0:
        raise ValueError(f"lookahead={lookahead} is not allowed: give an integer ≥ 0")
    if not tolerance >= 0:
        raise ValueError(f"tolerance={tolerance} is not allowed: give a number ≥ 0")
    whole = _evaluated(function, panel)
    days = panel.indexes["date"]
    try:
        _compare(whole, _evaluated(function, panel), days[-1], tolerance, "the function is called again")
    except LookAheadError as error:
        raise ValueError(f"{error}: seed it, or give a tolerance") from None
    for t in _cuts(whole, panel, dates, int(lookahead), rng):
        last = days[t - lookahead]
        cut = _evaluated(function, panel.isel(date=slice(0, t + 1)))
        _compare(whole, cut, last, tolerance, f"the panel is cut after {days[t]:%F}")
        noisy = _evaluated(function, _perturbed(panel, t + 1, rng))
        _compare(whole, noisy, last, tolerance, f"the prices of {days[t + 1]:%F} are made up")


def _evaluated(function: "Callable[[xr.Dataset], xr.DataArray | xr.Dataset]", panel: "xr.Dataset") -> "xr.Dataset":
    """The function's variables over `date`, computed on a copy that it may spoil."""
    import xarray as xr

    result = function(panel.copy(deep=True))
    if isinstance(result, xr.DataArray):
        result = result.to_dataset(name=result.name or "value")
    if not isinstance(result, xr.Dataset) or not any("date" in one.dims for one in result.data_vars.values()):
        raise ValueError(f"the function gives a {type(result).__name__} without dates: give a variable over date")
    kept = [name for name, one in result.data_vars.items() if "date" in one.dims]
    return result[kept].reset_coords(drop=True)


def _cuts(
    whole: "xr.Dataset", panel: "xr.Dataset", dates: "Sequence[Any] | None", lookahead: int, rng: np.random.Generator
) -> list[int]:
    """Rows of the panel after which it is cut."""
    days = panel.indexes["date"]
    spoken = np.zeros(len(days), dtype=bool)
    for one in whole.data_vars.values():
        some = one.notnull().any([dim for dim in one.dims if dim != "date"]).to_numpy()
        spoken |= days.isin(one["date"].to_numpy()[some])
    possible = np.arange(lookahead, len(days) - 1)
    possible = possible[np.logical_or.accumulate(spoken)[possible - lookahead]]  # something to compare
    if len(possible) == 0:
        raise ValueError(f"the function says nothing on {len(days)} dates that could be compared: give a longer panel")
    if dates is None:
        draw = possible[spoken[possible - lookahead]]
        return sorted({int(possible[-1]), *rng.choice(draw, size=min(3, len(draw)), replace=False).tolist()})
    asked = days.get_indexer(np.asarray(dates, dtype="datetime64[ns]"))
    for date, row in zip(dates, asked, strict=True):
        if row not in possible:
            first, last = (f"{days[i]:%F}" for i in (possible[0], possible[-1]))
            raise ValueError(f"date {date} is not allowed: give sessions of the panel from {first} to {last}")
    return asked.tolist()


def _perturbed(panel: "xr.Dataset", row: int, rng: np.random.Generator) -> "xr.Dataset":
    """A copy in which every field of one date is noise of its own for each asset."""
    panel = panel.copy(deep=True)
    for name, one in panel.data_vars.items():
        if "date" not in one.dims or one.dtype.kind not in "fib":
            continue
        old = one.isel(date=row)
        values = old.to_numpy()
        if one.dtype.kind == "f":
            made_up = rng.permutation(values.ravel()).reshape(values.shape)
            lost = rng.random(values.shape) < LOST
            new = np.where(lost, np.where(np.isnan(values), made_up, np.nan), values)
            new = new * np.exp(NOISE * rng.standard_normal(values.shape))
        else:
            new = ~values if one.dtype.kind == "b" else values + rng.integers(1, 4, size=values.shape)
        panel[name][{"date": row}] = old.copy(data=new)
    return panel


def _compare(whole: "xr.Dataset", other: "xr.Dataset", last: Any, tolerance: float, trial: str) -> None:
    """Raise for the first value up to `last` that is not the same in both."""
    import xarray as xr

    if odd := set(whole.data_vars) ^ set(other.data_vars):
        raise LookAheadError(f"{odd.pop()} is given by one call and not by the other when {trial}")
    until = [one.sel(date=one["date"] <= np.datetime64(last)) for one in (whole, other)]
    before, after = xr.align(*until, join="outer")
    for name in before.data_vars:
        a, b = before[name], after[name].transpose(*before[name].dims)
        moved = _moved(a.to_numpy(), b.to_numpy(), tolerance)
        if moved.any():
            place = np.unravel_index(int(np.argmax(moved)), moved.shape)
            where = ", ".join(_label(a[dim].to_numpy()[i]) for dim, i in zip(a.dims, place, strict=True))
            old, new = a.to_numpy()[place], b.to_numpy()[place]
            raise LookAheadError(
                f"{name} at ({where}) goes from {_label(old)} to {_label(new)}{_distance(old, new)} when {trial}"
                f" ({moved.sum()} of {moved.size} values move)"
            )


def _moved(a: np.ndarray, b: np.ndarray, tolerance: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        same = a == b
        if a.dtype.kind in "fiu" and b.dtype.kind in "fiu":
            same |= np.abs(a - b.astype(np.float64)) <= tolerance
    return ~(same | ((a != a) & (b != b)))


def _label(value: Any) -> str:
    if isinstance(value, np.datetime64):
        return str(value)[:10]
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def _distance(old: Any, new: Any) -> str:
    both = isinstance(old, float | np.floating) and np.isfinite(old) and np.isfinite(new)
    return f" (by {abs(new - old):.3g})" if both else ""
