"""Checks along one asset's calendar: sessions that are missing, closes that stand still."""

from collections.abc import Mapping

import numpy as np

from dlcore.markets.quality.report import Finding
from dlcore.markets.quality.settings import QualitySettings
from dlcore.markets.quality.trades import in_trade_time


def missing_sessions(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """Dates of the panel without a trade between an asset's first and last.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        `close`.
    settings : QualitySettings
        `thin_assets`, `thin_share`: dates on which most living assets rest are reported once and not held against
        each of them.

    Returns
    -------
    list of Finding
        "missing sessions" warnings, one for each run, at its first date with its length as value; "thin date" notes
        with the share of assets that traded.
    """
    traded = np.isfinite(fields["close"])
    after_first, before_last = np.logical_or.accumulate(traded), np.logical_or.accumulate(traded[::-1])[::-1]
    alive = after_first & before_last
    share = traded.sum(axis=1) / np.maximum(alive.sum(axis=1), 1)
    thin = (share < settings.thin_share) & (alive.sum(axis=1) >= settings.thin_assets)
    found = [
        Finding(int(row), -1, "thin date", "note", float(share[row]), f"Only {share[row]:.0%} of the assets traded.")
        for row in np.flatnonzero(thin)
    ]
    for column, starts, lengths in runs((alive & ~traded)[~thin]):
        rows = np.flatnonzero(~thin)[starts]
        for row, length in zip(rows.tolist(), lengths.tolist(), strict=True):
            reason = f"{length} session{'s' * (length > 1)} without a trade between the first and the last."
            found.append(Finding(row, column, "missing sessions", "warning", float(length), reason))
    return found


def stale_closes(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """Closes that stand still.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        `close`, and `volume` where there is one.
    settings : QualitySettings
        `stale_sessions`.

    Returns
    -------
    list of Finding
        "stale close", one for each run of trades, at its first date with the number of equal closes as value: a
        warning where the volume of all later days is zero or does not change either, otherwise a note.
    """
    trades = in_trade_time(fields["close"])
    close = trades.take(fields["close"])
    volume = trades.take(fields["volume"]) if "volume" in fields else np.full_like(close, np.nan)
    equal, silent = np.zeros(close.shape, bool), np.zeros(close.shape, bool)
    equal[1:] = close[1:] == close[:-1]
    silent[1:] = (volume[1:] == volume[:-1]) | (volume[1:] == 0)
    found = []
    for column, starts, lengths in runs(equal, at_least=settings.stale_sessions - 1):
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            dead = bool(silent[start : start + length, column].all())
            reason = f"{length + 1} closes in a row at {close[start, column]:g}" + ", the volume as dead." * dead
            row = int(trades.rows[start - 1, column])
            severity = "warning" if dead else "note"
            found.append(Finding(row, column, "stale close", severity, float(length + 1), reason.rstrip(".") + "."))
    return found


def runs(mask: np.ndarray, at_least: int = 1) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Runs of True down each column.

    Parameters
    ----------
    mask : array of bool (rows, columns)
        What is counted.
    at_least : int
        Shorter runs are left out.

    Returns
    -------
    list of (column, starts, lengths)
        For each column with runs, as arrays.
    """
    edges = np.diff(np.pad(mask.astype(np.int8), ((1, 1), (0, 0))), axis=0)  # (rows + 1, columns)
    starts, ends = np.argwhere(edges.T == 1), np.argwhere(edges.T == -1)  # by column, then row: they pair up
    lengths = ends[:, 1] - starts[:, 1]
    starts, lengths = starts[lengths >= at_least], lengths[lengths >= at_least]
    return [
        (int(column), starts[starts[:, 0] == column, 1], lengths[starts[:, 0] == column])
        for column in np.unique(starts[:, 0])
    ]
