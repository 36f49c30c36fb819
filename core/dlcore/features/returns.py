"""Yesterday and the return since, of plain arrays whose first axis is the date."""

import numpy as np


def shifted(values: np.ndarray, sessions: int) -> np.ndarray:
    """What was there `sessions` dates ago.

    Parameters
    ----------
    values : array (dates, ...)
        Anything.
    sessions : int
        How far to look back, ≥ 0.

    Returns
    -------
    array (dates, ...)
        NaN on the first `sessions` dates.
    """
    before = np.full_like(values, np.nan)
    before[sessions:] = values[: max(len(values) - sessions, 0)]
    return before


def simple_returns(levels: np.ndarray) -> np.ndarray:
    """Returns from one date to the next.

    Parameters
    ----------
    levels : array (dates, ...)
        Prices.

    Returns
    -------
    array (dates, ...)
        Fractions. NaN on the first date, and where the price of the date or of the one before is missing.
    """
    returns = shifted(levels, 1)
    np.divide(levels, returns, out=returns)
    returns -= 1
    return returns
