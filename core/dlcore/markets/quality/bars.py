"""Checks that need one bar only: its order, its holes, its volume."""

from collections.abc import Mapping

import numpy as np

from dlcore.markets.quality.report import Finding, Severity
from dlcore.markets.quality.settings import QualitySettings

OPTIONAL = ("open", "high", "low", "volume")


def bar_order(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """A high below its low, an open or close outside the two.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        A comparison with NaN finds nothing; without `high` and `low` there is no order.
    settings : QualitySettings
        `rounding`.

    Returns
    -------
    list of Finding
        "bar order" errors; value is the relative size of the violation.
    """
    found = []
    for lower, upper in (("low", "high"), ("low", "open"), ("low", "close"), ("open", "high"), ("close", "high")):
        if lower not in fields or upper not in fields:
            continue
        below, above = fields[lower], fields[upper]
        excess = below / above - 1
        for row, column in np.argwhere(excess > settings.rounding):
            reason = f"{upper} {above[row, column]:g} is below {lower} {below[row, column]:g}."
            found.append(Finding(int(row), int(column), "bar order", "error", float(excess[row, column]), reason))
    return found


def missing_fields(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """A bar with a close but not all of its fields, or with other prices but no close.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        `close` at least.
    settings : QualitySettings
        Unused; all checks are called alike.

    Returns
    -------
    list of Finding
        "missing field" warnings, errors for a missing close, and one note for an asset that never has a field; value
        is the number of values missing.
    """
    traded, found = np.isfinite(fields["close"]), []
    some = np.zeros_like(traded)
    for name in (name for name in OPTIONAL if name in fields):
        known = np.isfinite(fields[name])
        some |= known & (fields[name] != 0)  # volume 0 on a holiday says nothing
        holes, never = traded & ~known, traded.any(axis=0) & ~(known & traded).any(axis=0)
        found += _place(holes & ~never, "warning", f"A close without its {name}.")
        for column in np.flatnonzero(never):
            row, count = int(traded[:, column].argmax()), float(traded[:, column].sum())
            found.append(Finding(row, int(column), "missing field", "note", count, f"There is never a {name}."))
    return found + _place(some & ~traded, "error", "A bar without its close.")


def _place(holes: np.ndarray, severity: Severity, reason: str) -> list[Finding]:
    return [
        Finding(int(row), int(column), "missing field", severity, 1.0, reason) for row, column in np.argwhere(holes)
    ]


def zero_volume(fields: Mapping[str, np.ndarray], settings: QualitySettings) -> list[Finding]:
    """A close on a day on which nothing changed hands.

    Parameters
    ----------
    fields : mapping of name to array (dates, assets)
        Nothing is found without `volume`.
    settings : QualitySettings
        Unused; all checks are called alike.

    Returns
    -------
    list of Finding
        "zero volume" warnings; one note for an asset without volume on most of its days, such as an index. Value is
        the number of sessions.
    """
    if "volume" not in fields:
        return []
    traded = np.isfinite(fields["close"])
    zero = traded & (fields["volume"] == 0)
    mostly = zero.sum(axis=0) > 0.5 * traded.sum(axis=0)
    found = [
        Finding(int(row), int(column), "zero volume", "warning", 1.0, "A close, but volume 0.")
        for row, column in np.argwhere(zero & ~mostly)
    ]
    for column in np.flatnonzero(mostly):
        row, count = int(zero[:, column].argmax()), float(zero[:, column].sum())
        reason = f"Volume is 0 on {count:g} of {traded[:, column].sum()} sessions: it carries nothing."
        found.append(Finding(row, int(column), "zero volume", "note", count, reason))
    return found
