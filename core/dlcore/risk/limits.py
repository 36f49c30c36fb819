"""How much is too much: limits of a book, and a list of what they cut.

In come wanted weights; out come weights that keep every limit, and one row for each cut. Weights only ever shrink
towards zero: what is taken from one asset is given to no other, so the book may end smaller than wanted.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.risk.series import checked_series, same_axes

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

SLACK = 1e-12  # a book that was scaled to a limit is inside it, whatever the last bit says


@dataclass(frozen=True)
class Limits:
    """Largest exposures as fractions of NAV; None is no limit.

    Attributes
    ----------
    gross : float
        Sum of absolute weights.
    net : float
        Absolute value of the sum of weights; 0 asks for a book without market exposure.
    name : float
        Absolute weight of one asset.
    sector : float
        Sum of absolute weights in one sector; longs and shorts do not cancel.
    participation : float
        Value of a position as a share of the asset's average daily traded value: it can be left within one session at
        that share of the volume.
    """

    gross: float | None = None
    net: float | None = None
    name: float | None = None
    sector: float | None = None
    participation: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name == "net" else 1e-9
            if value is not None and not least <= value < float("inf"):
                raise ValueError(f"{field.name}={value!r} is not allowed: give a number ≥ {least:g}, or None")


class Cut(NamedTuple):
    """One limit met on one date: what it is about (an asset, a sector, or "" for the book), and the exposures."""

    row: int
    limit: str
    subject: str
    wanted: float
    allowed: float


def apply_limits(
    weights: "xr.DataArray",
    limits: Limits,
    *,
    traded_value: "xr.DataArray | None" = None,
    capital: float | None = None,
) -> "tuple[xr.DataArray, pd.DataFrame]":
    """Cut weights until every limit holds.

    Names and participation are clipped; a sector that is too large is scaled as one; then the side that makes the net
    too large; then the whole book. In this order no later step breaks an earlier limit.

    Parameters
    ----------
    weights : DataArray (date, asset)
        Fractions of NAV, wanted. NaN is no position, and stays NaN. A sector limit needs the coordinate `sector`.
    limits : Limits
        What is allowed.
    traded_value : DataArray (date, asset), optional
        Average daily traded value known at t, in the currency of `capital`; for `participation`. Where it is NaN
        nothing may be held.
    capital : float, optional
        NAV in that currency, > 0; for `participation`.

    Returns
    -------
    weights : DataArray (date, asset)
        Equal to what came in wherever nothing was cut. Applying the same limits again changes nothing.
    report : DataFrame
        `date`, `limit`, `subject` (asset, sector, or "" for the book), `wanted`, `allowed` (weights for a name and for
        participation, with sign; exposures for the rest, net with sign), one row for each cut, in the order of dates.

    Raises
    ------
    ValueError
        For a limit whose sector, traded value or capital is missing.
    """
    import pandas as pd

    weights = checked_series(weights, "weights")
    if weights.ndim != 2:
        raise ValueError(f"weights over {weights.dims} are not allowed: give (date, asset)")
    held, cuts = np.nan_to_num(weights.to_numpy()), []  # (T, N)
    names = [str(name) for name in weights["asset"].to_numpy()]
    if limits.name is not None:
        held = _clip(held, np.full(held.shape, limits.name), "name", names, cuts)
    if limits.participation is not None:
        held = _clip(held, limits.participation * _room(weights, traded_value, capital), "participation", names, cuts)
    if limits.sector is not None:
        held = _scale_sectors(held, limits.sector, _sectors(weights), cuts)
    if limits.net is not None:
        held = _scale_side(held, limits.net, cuts)
    if limits.gross is not None:
        held = _scale(held, np.abs(held).sum(axis=1), limits.gross, "gross", "", cuts)
    report = pd.DataFrame(sorted(cuts, key=lambda cut: cut.row), columns=pd.Index(Cut._fields))
    report.insert(0, "date", weights["date"].to_numpy()[report.pop("row").to_numpy(int)])
    return weights.copy(data=np.where(np.isnan(weights), np.nan, held)), report


def _clip(held: np.ndarray, most: np.ndarray, limit: str, names: list[str], cuts: list[Cut]) -> np.ndarray:
    """Each weight between -most and most (T, N)."""
    allowed = np.clip(held, -most, most)
    for row, column in np.argwhere(np.abs(held) > most):
        wanted, given = float(held[row, column]), float(allowed[row, column])
        cuts.append(Cut(int(row), limit, names[column], wanted, given))
    return allowed


def _scale(
    held: np.ndarray, exposure: np.ndarray, most: float, limit: str, subject: str, cuts: list[Cut]
) -> np.ndarray:
    """Rows (T, N) whose exposure (T,) is too large, scaled to it."""
    over = exposure > most * (1 + SLACK)
    cuts += [Cut(int(row), limit, subject, float(exposure[row]), most) for row in np.flatnonzero(over)]
    factor = np.divide(most, exposure, out=np.ones_like(exposure), where=over)
    return held * factor[:, None]


def _scale_sectors(held: np.ndarray, most: float, sectors: np.ndarray, cuts: list[Cut]) -> np.ndarray:
    held = held.copy()
    for sector in np.unique(sectors):
        inside = sectors == sector
        exposure = np.abs(held[:, inside]).sum(axis=1)
        held[:, inside] = _scale(held[:, inside], exposure, most, "sector", str(sector), cuts)
    return held


def _scale_side(held: np.ndarray, most: float, cuts: list[Cut]) -> np.ndarray:
    """Longs scaled where the net is too long, shorts where it is too short."""
    longs, shorts = np.maximum(held, 0).sum(axis=1), np.maximum(-held, 0).sum(axis=1)  # (T,)
    net = longs - shorts
    over = np.abs(net) > most + SLACK * (1 + longs + shorts)  # net may be 0, so NAV sets the scale
    cuts += [Cut(int(row), "net", "", float(net[row]), most * np.sign(net[row])) for row in np.flatnonzero(over)]
    smaller, larger = np.minimum(longs, shorts), np.maximum(longs, shorts)
    factor = np.divide(smaller + most, larger, out=np.ones_like(larger), where=over)  # (T,)
    return np.where(np.sign(held) == np.sign(net)[:, None], held * factor[:, None], held)


def _sectors(weights: "xr.DataArray") -> np.ndarray:
    if "sector" not in weights.coords:
        raise ValueError("the weights have no sector: weights.assign_coords(sector=panel['sector'])")
    return weights["sector"].to_numpy().astype(str)


def _room(weights: "xr.DataArray", traded_value: "xr.DataArray | None", capital: float | None) -> np.ndarray:
    """Average daily traded value as a fraction of NAV (T, N); 0 where it is not known."""
    if traded_value is None or capital is None or not 0 < capital < float("inf"):
        raise ValueError(
            f"capital={capital!r} is not allowed: a participation limit needs traded_value and capital > 0"
        )
    value = checked_series(traded_value, "traded_value")
    same_axes(weights, value)
    if (value < 0).any():
        raise ValueError(f"traded_value={float(value.min()):g} is not allowed: give numbers ≥ 0, or NaN")
    return np.nan_to_num(value.to_numpy()) / capital
