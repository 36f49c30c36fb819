"""Where to leave: the stop-loss and the price target of a position that is opened near today's close.

In come closes, and either an average true range or intervals of the coming return; out come prices for a long and for a
short position. They are distances from the close of t: an order filled at another price has other odds.
"""

from typing import TYPE_CHECKING

from dlcore.risk.series import checked_series, same_axes

if TYPE_CHECKING:
    import xarray as xr


def atr_levels(
    close: "xr.DataArray", atr: "xr.DataArray", *, stop_multiple: float = 2.0, target_multiple: float = 3.0
) -> "xr.Dataset":
    """Levels at multiples of the average true range.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0; NaN has no levels.
    atr : DataArray (date, asset)
        Average true range in units of the price, known at t.
    stop_multiple, target_multiple : float
        Distances in average true ranges, > 0.

    Returns
    -------
    Dataset (side, date, asset)
        `stop`, `target` for side "long" (below and above the close) and "short" (above and below). NaN where a level
        would not be above 0, or not on its side of the close (an ATR of 0).

    Notes
    -----
    Average true range: Wilder, New Concepts in Technical Trading Systems (1978). The multiples are a habit, not a
    finding: choose them on validation data.
    """
    for name, value in (("stop_multiple", stop_multiple), ("target_multiple", target_multiple)):
        if not 0 < value < float("inf"):
            raise ValueError(f"{name}={value!r} is not allowed: give a number above 0")
    close, atr = checked_series(close, "close"), checked_series(atr, "atr")
    same_axes(close, atr)
    if (atr < 0).any():
        raise ValueError(f"atr={float(atr.min()):g} is not allowed: give ranges ≥ 0, or NaN")
    return _sides(
        close,
        long=(close - stop_multiple * atr, close + target_multiple * atr),
        short=(close + stop_multiple * atr, close - target_multiple * atr),
    )


def conformal_levels(close: "xr.DataArray", intervals: "xr.Dataset") -> "xr.Dataset":
    """Levels at the ends of an interval for the coming return.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0; NaN has no levels.
    intervals : Dataset (date, asset)
        `lower`, `upper` of the simple return from the close of t, as `split_conformal` or `adaptive_conformal` give.
        They speak of the return at the horizon's end: on the way there the price crosses either end more often.

    Returns
    -------
    Dataset (side, date, asset)
        `stop`, `target`; a long position stops at the lower end and aims at the upper, a short one the other way. NaN
        where an end is infinite, or where both lie on one side of the close: then one of the two is no level.
    """
    close = checked_series(close, "close")
    same_axes(close, *(intervals[name].transpose("date", ...) for name in ("lower", "upper")))
    low, high = (close * (1 + intervals[name]) for name in ("lower", "upper"))
    return _sides(close, long=(low, high), short=(high, low))


def _sides(close: "xr.DataArray", **levels: "tuple[xr.DataArray, xr.DataArray]") -> "xr.Dataset":
    """Stops and targets by side, without those that a price could not cross."""
    import numpy as np
    import xarray as xr

    if (close <= 0).any():
        raise ValueError(f"close={float(close.min()):g} is not allowed: prices are > 0, or NaN for no trade")
    sides = []
    for side, (stop, target) in levels.items():
        away = 1 if side == "long" else -1
        right = {"stop": away * (close - stop) > 0, "target": away * (target - close) > 0}
        prices = xr.Dataset({"stop": stop, "target": target})
        sides.append(
            xr.Dataset({name: p.where(right[str(name)] & (p > 0) & np.isfinite(p)) for name, p in prices.items()})
        )
    return xr.concat(sides, xr.IndexVariable("side", list(levels)), join="exact").drop_attrs()
