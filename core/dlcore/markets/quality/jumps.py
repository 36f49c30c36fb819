"""Closes that jump: back again (a wrong price), for good (a split, a spin-off, news), or across a long silence.

Every jump is measured beyond the market's move and in local robust scales, and gets one name only: a change of
company first, then a reverting pair, then a split's ratio, then a gap that nobody explains.
"""

from collections.abc import Mapping

import numpy as np

from dlcore.markets.quality.report import Finding
from dlcore.markets.quality.settings import QualitySettings
from dlcore.markets.quality.trades import TradeTime, beyond_market, in_trade_time, local_scale, middle


def jumps(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """Jumps of the close.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        `close`, and `open` where there is one.
    settings : QualitySettings
        Floors, scales and ratios.

    Returns
    -------
    list of Finding
        "symbol re-used?" errors, "jump reverts" and "split?" errors or warnings, "spin-off or news?" warnings; value is
        the log return beyond the market's, the date that of the first close on the new level.
    """
    trades = in_trade_time(fields["close"])
    moves = beyond_market(fields["close"], trades, settings)
    silence = np.diff(trades.rows, axis=0, prepend=-1) - 1  # (trades, assets): dates without a trade before each
    rest = np.nan_to_num(moves)
    size = np.zeros_like(rest)  # in local scales; only moves that can matter are measured
    floor = min(settings.revert_floor, settings.gap_floor, settings.reuse_floor)
    places = np.argwhere(np.abs(rest) >= floor).T
    size[*places] = np.abs(rest[*places]) / local_scale(moves, places, settings)
    jumped, long = size >= settings.jump_scales, silence >= settings.reuse_sessions
    found = _reused(rest, jumped & long, silence, trades, settings)
    jumped &= ~long
    found += _reverting(rest, jumped, trades, settings)  # strikes from `jumped` what it names
    overnight = _overnight(fields, trades, rest)
    return found + _lasting(rest, size, jumped, overnight, trades, settings)


def _overnight(fields: Mapping[str, np.ndarray], trades: TradeTime, moves: np.ndarray) -> np.ndarray:
    """The part of each move (trades, assets) that the open already shows; the whole of it where there is no open."""
    if "open" not in fields:
        return moves
    after_open = trades.take(np.log(fields["close"]) - np.log(fields["open"]))
    return moves - np.nan_to_num(after_open)


def _reused(
    moves: np.ndarray, jumped: np.ndarray, silence: np.ndarray, trades: TradeTime, settings: QualitySettings
) -> list[Finding]:
    """A new level after a long silence."""
    found = []
    for trade, column in np.argwhere(jumped & (np.abs(moves) >= settings.reuse_floor)):
        move = float(moves[trade, column])
        reason = f"After {silence[trade, column]} silent sessions the price is {np.exp(move):.3g} times the old one."
        row = int(trades.rows[trade, column])
        found.append(Finding(row, int(column), "symbol re-used?", "error", move, reason))
    return found


def _reverting(moves: np.ndarray, jumped: np.ndarray, trades: TradeTime, settings: QualitySettings) -> list[Finding]:
    """Jumps that a later jump takes back; both are struck from `jumped`."""
    found, level = [], np.cumsum(moves, axis=0)
    for later in range(1, settings.revert_sessions + 1):
        floor = settings.revert_floor if later == 1 else settings.revert_sure
        first, second = moves[:-later], moves[later:]
        net = np.abs(level[later:] - (level[:-later] - first))
        smaller = np.minimum(np.abs(first), np.abs(second))
        pair = jumped[:-later] & jumped[later:] & (first * second < 0) & (smaller >= floor)
        pair &= net < settings.revert_net * smaller
        places = np.argwhere(pair)
        for trade, column in places[np.argsort(-smaller[pair], kind="stable")]:  # the clearest pair of three first
            if not jumped[trade, column] or not jumped[trade + later, column]:
                continue  # belongs to a nearer or a clearer pair
            jumped[[trade, trade + later], column] = False
            move = float(first[trade, column])
            severity = "error" if smaller[trade, column] >= settings.revert_sure else "warning"
            reason = f"{move:+.3f}, and {second[trade, column]:+.3f} {later} session{'s' * (later > 1)} later."
            found.append(Finding(int(trades.rows[trade, column]), int(column), "jump reverts", severity, move, reason))
    return found


def _lasting(
    moves: np.ndarray,
    size: np.ndarray,
    jumped: np.ndarray,
    overnight: np.ndarray,
    trades: TradeTime,
    settings: QualitySettings,
) -> list[Finding]:
    """Jumps to a level that stays."""
    ratios = np.log([*settings.split_ratios, *(1 / ratio for ratio in settings.split_ratios)])
    level = np.pad(np.cumsum(moves, axis=0), ((0, 4), (0, 0)), mode="edge")
    found = []
    for trade, column in np.argwhere(jumped & (np.abs(moves) >= settings.gap_floor)):
        move, row = float(moves[trade, column]), int(trades.rows[trade, column])
        settled = middle(level[trade : trade + 5, column])[0] - level[trade, column] + move
        if settled / move < settings.lasting_share:
            continue
        nearest = ratios[np.abs(ratios - move).argmin()]
        by_night = overnight[trade, column] / move >= settings.split_overnight
        if by_night and abs(nearest - move) <= settings.split_tolerance:
            reason = f"{move:+.3f} for good, near the {nearest:+.3f} of a split."
            severity = "error" if abs(move) >= settings.split_sure else "warning"
            found.append(Finding(row, int(column), "split?", severity, move, reason))
        else:
            reason = f"{move:+.3f} for good, {size[trade, column]:.0f} local scales, and no split."
            found.append(Finding(row, int(column), "spin-off or news?", "warning", move, reason))
    return found
