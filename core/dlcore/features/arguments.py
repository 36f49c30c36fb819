"""What a parameter of a feature may be, said in one line where it is not."""

import numpy as np


def checked_count(name: str, value: int, least: int) -> int:
    """An integer of at least `least`.

    Parameters
    ----------
    name : str
        How the caller calls it.
    value : int
        What was given.
    least : int
        The smallest that is allowed.

    Returns
    -------
    int
        The value.

    Raises
    ------
    ValueError
        For anything else, booleans included.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}={value} is not allowed: give an integer ≥ {least}")
    return int(value)
