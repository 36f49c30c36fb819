"""Highs and lows that nobody else saw: one wrong tick makes years of range volatility."""

from collections.abc import Mapping

import numpy as np

from dlcore.markets.quality.report import Finding
from dlcore.markets.quality.settings import QualitySettings
from dlcore.markets.quality.trades import beyond_market, in_trade_time, local_scale, middle


def wrong_ticks(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """Lows far below, or highs far above, their own open and close and the bars next to them.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        `close`; nothing is found without `low` or `high`.
    settings : QualitySettings
        `tick_floor`, `jump_scales`, `tick_sure`.

    Returns
    -------
    list of Finding
        "wrong tick" errors from `tick_sure` on, warnings below; value is the log distance to the nearest of open, close
        and the neighbours' lows (highs), less the median of that distance over the assets of the day.
    """
    trades = in_trade_time(fields["close"])
    moves = beyond_market(fields["close"], trades, settings)
    found = []
    for name, sign in (("low", 1.0), ("high", -1.0)):
        if name not in fields:
            continue
        far = sign * _excursion(fields, name, sign)  # (dates, assets)
        median, known = middle(far)
        far = far - np.where(known >= settings.market_assets, np.maximum(median, 0.0), 0.0)[:, None]
        depth = np.nan_to_num(trades.take(far))
        places = np.argwhere(depth >= settings.tick_floor).T
        scales = depth[*places] / local_scale(moves, places, settings)
        for trade, column, size in zip(*places, scales, strict=True):
            if size < settings.jump_scales:
                continue
            row, value = int(trades.rows[trade, column]), float(depth[trade, column])
            seen = f"{name} {fields[name][row, column]:g} in a bar closing at {fields['close'][row, column]:g}"
            severity = "error" if value >= settings.tick_sure else "warning"
            reason = f"{seen}, {size:.0f} local scales from everything near."
            found.append(Finding(row, int(column), "wrong tick", severity, value, reason))
    return found


def _excursion(fields: Mapping[str, np.ndarray], name: str, sign: float) -> np.ndarray:
    """Signed log distance (dates, assets) from an extreme to the nearest of open, close and neighbouring extremes."""
    extreme = sign * np.log(fields[name])
    trades = in_trade_time(extreme)
    compact = trades.take(extreme)
    nearest = sign * np.log(fields["close"])
    if "open" in fields:
        nearest = np.fmin(nearest, sign * np.log(fields["open"]))
    neighbours = np.full_like(extreme, np.nan)
    hollow = np.full_like(compact[:1], np.nan)
    both = np.fmin(np.concatenate([hollow, compact[:-1]]), np.concatenate([compact[1:], hollow]))
    np.put_along_axis(neighbours, trades.rows, both, axis=0)
    return sign * (np.fmin(nearest, neighbours) - extreme)
