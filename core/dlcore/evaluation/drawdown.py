"""How far below its best, and for how long.

In come simple returns, out comes the depth below the highest wealth so far: each day's, and the worst with its dates.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.evaluation.series import labels_of, values_of

if TYPE_CHECKING:
    from dlcore.evaluation.series import Series


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall from a peak.

    Attributes
    ----------
    depth : float
        Wealth at the trough over wealth at the peak, less 1: -0.2 is a loss of a fifth; 0.0 when there was none.
    peak, trough : label or int
        The last day of the highest wealth, and the day of the lowest after it; labels where the returns carry them,
        otherwise rows. `peak` is None when the peak is the start, before the first return.
    recovery : label, int or None
        The first day on which the peak was reached again; None when it has not been.
    fall, climb : int
        Sessions from peak to trough, and from trough to recovery (to the end, when there is none yet).
    longest : int
        Sessions of the longest stretch below a peak, which need not be the deepest.
    """

    depth: float
    peak: Any
    trough: Any
    recovery: Any
    fall: int
    climb: int
    longest: int


def underwater(returns: "Series") -> np.ndarray:
    """Wealth over its highest so far, less 1, on each day.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        Simple returns ≥ -1. On a NaN day wealth stays as it is.

    Returns
    -------
    array of float64 (n,)
        From -1 to 0. The first peak is the start: a loss on the first day is a drawdown.

    Raises
    ------
    ValueError
        As `values_of`; for a return below -1.

    References
    ----------
    Magdon-Ismail and Atiya (2004), *Risk* 17.
    """
    values = np.nan_to_num(values_of(returns, "returns"))
    if (values < -1).any():
        raise ValueError(f"returns hold {values.min():g}: no simple return is below -1")
    wealth = np.cumprod(1 + values)
    return wealth / np.maximum(np.maximum.accumulate(wealth), 1.0) - 1


def max_drawdown(returns: "Series") -> Drawdown:
    """The deepest fall from a peak, with its dates and the time it took.

    Parameters
    ----------
    returns : Series, DataArray or array (n,)
        As for `underwater`.

    Returns
    -------
    Drawdown
        Of equally deep falls the first. Not annualised; it grows with the length of the history.

    Raises
    ------
    ValueError
        As `underwater`.

    References
    ----------
    Magdon-Ismail and Atiya (2004), *Risk* 17.

    Examples
    --------
    The fall is from the peak, the first day, to the third, and has not been made good:

    >>> from dlcore.evaluation import max_drawdown
    >>> fall = max_drawdown([0.10, -0.25, -0.20, 0.30])
    >>> round(fall.depth, 3), fall.peak, fall.trough, fall.recovery
    (-0.4, 0, 2, None)
    """
    depth = underwater(returns)  # (n,)
    labels = labels_of(returns)
    label = (lambda i: labels[0][i]) if labels else int
    at_peak = np.flatnonzero(depth == 0)
    trough = int(np.argmin(depth))
    before, after = at_peak[at_peak <= trough], at_peak[at_peak > trough]
    peak = int(before[-1]) if len(before) else -1
    recovery = int(after[0]) if len(after) else None
    ends = np.concatenate([[-1], at_peak, [len(depth)]])  # the stretches below lie between them
    fallen = bool(depth[trough] < 0)
    return Drawdown(
        depth=float(depth[trough]),
        peak=label(peak) if peak >= 0 else None,
        trough=label(trough),
        recovery=label(recovery) if fallen and recovery is not None else None,
        fall=trough - peak,
        climb=((len(depth) - 1 if recovery is None else recovery) - trough) if fallen else 0,
        longest=int(np.diff(ends).max() - 1),
    )
