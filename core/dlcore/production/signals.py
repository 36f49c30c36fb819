"""What to hold tomorrow: the newest close, scored, with weights, levels and the reasons of those left out.

In come a trained model and the newest Panel, whose last days have no label yet; out comes a table with one row for each
asset. The range of the coming close is conformal: from how far closes fell from what their probability let expect, in
multiples of each name's own daily range, on the days that the walk had tested.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.production.exclusion import exclusion_reasons
from dlcore.production.judging import plain
from dlcore.production.trading import wanted_weights

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.production.config import Config
    from dlcore.production.learning import Expert

RANGE_SESSIONS = 14


@dataclass(frozen=True, eq=False)
class Signals:
    """One evening.

    Attributes
    ----------
    date : str
        Whose close was the newest.
    fill : str
        When orders are filled: the next session, and its open or close.
    learned_until : str
        The newest date of the panel on which the model was trained.
    table : DataFrame
        `asset, side, weight, probability, rank, close, stop, target, low, high, reason`, by weight and rank. `weight`
        is the fraction of net asset value after limits, that of names chosen on the days before included; `stop` and
        `target` are of the side that is held; `low` and `high` enclose the close `horizon` sessions on with the
        chance `coverage`; `reason` says why a name was not scored today. NaN and "" where there is nothing to say.
    cuts : DataFrame
        What the limits cut today.
    notes : dict
        How stops and ranges were made, and what the universe is.
    """

    date: str
    fill: str
    learned_until: str
    table: "pd.DataFrame"
    cuts: "pd.DataFrame"
    notes: dict[str, str]

    def to_plain(self) -> dict[str, Any]:
        """Everything in plain values, as JSON can hold it."""
        cuts = self.cuts.assign(date=self.cuts["date"].astype(str).str[:10]).to_dict("records")
        said = {"date": self.date, "fill": self.fill, "learned_until": self.learned_until, "notes": self.notes}
        return plain(said | {"cuts": cuts, "signals": self.table.to_dict("records")})


def make_signals(
    config: "Config",
    panel: "xr.Dataset",
    universe: "xr.DataArray",
    features: "xr.Dataset",
    expert: "Expert",
    tested: "xr.DataArray",
    learned_until: str,
) -> Signals:
    """Score the newest days and say what to hold.

    Parameters
    ----------
    config : Config
        Of the run.
    panel, universe, features : (date, asset)
        To the newest close, on the same axes.
    expert : Expert
        The final model of the run.
    tested : DataArray (date, asset)
        Probabilities of the walk, for the ranges; dates and assets that the panel lacks are ignored.
    learned_until : str
        See `Signals`.

    Returns
    -------
    Signals

    Raises
    ------
    ValueError
        Where no name can be scored (the first reason is given), and as `wanted_weights`.
    """
    from dlcore.windows import make_windows

    windows = make_windows(features, length=config.model.length, universe=universe)
    recent = expert.probability(windows).isel(date=slice(-config.label.horizon, None))
    reasons = exclusion_reasons(config, panel, universe, features)
    if not np.isfinite(recent[-1]).any():
        first = next((text for text in reasons if text), "no name has all features")
        raise ValueError(f"no name can be scored on {str(recent['date'].to_numpy()[-1])[:10]}: {first}")
    weights, cuts = wanted_weights(config, panel, recent)
    spread, how = daily_range(panel)
    intervals = coming_range(config, panel, spread, tested, recent[-1:])
    table = _table(config, panel, weights[-1], recent[-1], spread[-1:], intervals, reasons)
    day = panel.indexes["date"][-1]
    notes = {"stops": f"{config.portfolio.stop_atr:g} and {config.portfolio.target_atr:g} times the {how}"}
    notes |= {"range": f"conformal at {config.portfolio.coverage:g}", "universe": weights.attrs["universe"]}
    today = cuts.loc[cuts["date"] == day]
    return Signals(f"{day:%F}", _fill(config, panel), learned_until, table, today, notes)


def daily_range(panel: "xr.Dataset") -> "tuple[xr.DataArray, str]":
    """Average true range over 14 sessions, or the mean absolute move of the close where there are no highs and lows."""
    if {"high", "low"} <= set(panel.data_vars):
        from dlcore.features.indicators import atr

        return atr(panel, RANGE_SESSIONS).transpose("date", "asset"), f"average true range {RANGE_SESSIONS}"
    close = panel["close"].transpose("date", "asset")
    moves = abs(close - close.shift(date=1)).rolling(date=RANGE_SESSIONS).mean()
    return moves, f"mean absolute move of {RANGE_SESSIONS} closes, as there are no highs and lows"


def coming_range(
    config: "Config", panel: "xr.Dataset", spread: "xr.DataArray", tested: "xr.DataArray", today: "xr.DataArray"
) -> "xr.Dataset":
    """Interval of the simple return from today's close to that of `horizon` sessions on.

    Parameters
    ----------
    config : Config
        For horizon and coverage.
    panel, spread : (date, asset)
        Closes, and the daily range of each in units of the price.
    tested : DataArray (date, asset)
        Probabilities said out of sample.
    today : DataArray (1, asset)
        Those of the newest date.

    Returns
    -------
    Dataset (1, asset)
        `lower`, `upper`; infinite where too few outcomes are known.
    """
    from dlcore.risk import split_conformal

    close = panel["close"].transpose("date", "asset")
    unit = spread / close
    moved = ((close.shift(date=-config.label.horizon) / close - 1) / unit.where(unit > 0)).reindex_like(tested)
    known = np.isfinite(moved.to_numpy() + tested.to_numpy())
    x, y = tested.to_numpy()[known] - 0.5, moved.to_numpy()[known]
    slope = np.cov(x, y, bias=True)[0, 1] / np.var(x) if len(x) > 1 and np.ptp(x) > 0 else 0.0
    level = y.mean() - slope * x.mean() if len(y) else 0.0
    expected = level + slope * (today - 0.5)  # in daily ranges
    interval = split_conformal(expected, y - level - slope * x, coverage=config.portfolio.coverage)
    return interval * unit.reindex_like(today)


def _table(
    config: "Config",
    panel: "xr.Dataset",
    weight: "xr.DataArray",
    probability: "xr.DataArray",
    spread: "xr.DataArray",
    intervals: "xr.Dataset",
    reasons: list[str],
) -> "pd.DataFrame":
    import pandas as pd

    from dlcore.risk import atr_levels, conformal_levels

    close = panel["close"].transpose("date", "asset")[-1:].drop_vars(set(panel.coords) - {"date", "asset"})
    terms, held = config.portfolio, weight.to_numpy()
    levels = atr_levels(close, spread, stop_multiple=terms.stop_atr, target_multiple=terms.target_atr)
    ends = conformal_levels(close, intervals).sel(side="long").isel(date=0)
    sides = np.where(held > 0, "long", np.where(held < 0, "short", ""))
    table = pd.DataFrame({"asset": panel["asset"].to_numpy().astype(str), "side": sides, "weight": held})
    table["probability"] = probability.to_numpy()
    table["rank"] = table["probability"].rank(ascending=False, method="first")
    table["close"] = close.to_numpy()[0]
    for name in ("stop", "target"):
        long, short = (levels[name].sel(side=side).to_numpy()[0] for side in ("long", "short"))
        table[name] = np.where(held > 0, long, np.where(held < 0, short, np.nan))
    table["low"], table["high"] = ends["stop"].to_numpy(), ends["target"].to_numpy()
    table["reason"] = reasons
    return table.sort_values(["weight", "rank"], ascending=[False, True], kind="stable", ignore_index=True)


def _fill(config: "Config", panel: "xr.Dataset") -> str:
    import pandas as pd

    from dlcore.markets.calendar import sessions

    day = panel.indexes["date"][-1]
    following = sessions(day, day + pd.Timedelta(days=30), str(panel.attrs["calendar"]))[1]
    return f"{config.label.entry.removeprefix('next_')} of {following:%F}"
