"""Where in time a token stands: codes that are added, and a turn that makes scores depend on distance.

In come positions counted in sessions, never timestamps (at a million, float32 has lost the third digit of an angle),
and tokens or a table; out come codes, turned tokens, and their gradients.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.handwritten.layers import Floats, floats

__all__ = ["learned", "learned_backward", "rotary", "rotary_backward", "sinusoidal"]


def sinusoidal(positions: ArrayLike, width: int, *, base: float = 10_000.0) -> NDArray[np.float64]:
    """Sines and cosines of each position at width/2 frequencies, in pairs.

    Column 2i is ``sin(t ω_i)``, column 2i + 1 ``cos(t ω_i)``, ``ω_i = base^(−2i / width)``. Moving by k sessions turns
    every pair by k ω_i, whatever t is.

    Parameters
    ----------
    positions : array_like, shape (…)
        In sessions; any real numbers, negative for days ago.
    width : int
        Even, ≥ 2.
    base : float
        The longest period is about 2π · base sessions.

    Returns
    -------
    ndarray of float64, shape (…, width)

    Raises
    ------
    ValueError
        If the width is not even and positive, or the base not above 1.

    References
    ----------
    Vaswani et al., *Attention is all you need*, NeurIPS 2017, section 3.5.
    """
    angles = _angles(positions, width, base)  # (…, width / 2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(*angles.shape[:-1], width)


def learned(table: ArrayLike, positions: ArrayLike) -> Floats:
    """One row of a table for each position: a code of its own for every place that was ever trained.

    Parameters
    ----------
    table : array_like, shape (R, W)
    positions : array_like of integers, any shape (…)
        From 0 to R - 1: places from the start, or days ago. Nothing is wrapped around: -1 is not the last row.

    Returns
    -------
    ndarray, shape (…, W)

    Raises
    ------
    ValueError
        If the table is not two-dimensional, or positions are not integers from 0 to R - 1.

    References
    ----------
    Gehring et al., *Convolutional sequence to sequence learning*, ICML 2017, section 3.1.
    """
    table = floats(table)
    if table.ndim != 2:
        raise ValueError(f"table has shape {table.shape}: give one row for each position, (R, W)")
    return table[_places(positions, len(table))]


def learned_backward(upstream: ArrayLike, positions: ArrayLike, *, rows: int) -> Floats:
    """Gradient of `learned` at its table: each row is the sum over the places at which it was used.

    Parameters
    ----------
    upstream : array_like, shape (…, W)
        Gradient of the loss with respect to the codes.
    positions : array_like of integers, shape (…)
    rows : int
        R, of the table.

    Returns
    -------
    ndarray, shape (R, W)
        Zero where a row was not used.

    Raises
    ------
    ValueError
        If positions are not integers from 0 to R - 1, or do not fit the upstream gradient.
    """
    upstream, places = floats(upstream), _places(positions, rows)
    if upstream.shape[:-1] != places.shape:
        raise ValueError(f"upstream has shape {upstream.shape} for positions {places.shape}: give (…, W) for (…)")
    gradient = np.zeros((rows, upstream.shape[-1]), dtype=upstream.dtype)
    np.add.at(gradient, places, upstream)
    return gradient


def rotary(x: ArrayLike, positions: ArrayLike, *, base: float = 10_000.0) -> Floats:
    """Turn each pair of columns by its token's position: products of turned vectors depend on distance only.

    ``(x_2i, x_2i+1) → (x_2i cos − x_2i+1 sin, x_2i sin + x_2i+1 cos)`` of ``t ω_i``. Neighbouring columns are paired,
    as in the paper; some libraries pair the first half with the second. For queries and keys, not for values.

    Parameters
    ----------
    x : array_like, shape (…, L, D), D even
    positions : array_like, shape (L,) or broadcastable to (…, L)
        In sessions.
    base : float
        As in `sinusoidal`.

    Returns
    -------
    ndarray, shape (…, L, D)
        Lengths are kept.

    Raises
    ------
    ValueError
        If D is odd or positions do not fit.

    References
    ----------
    Su et al., *RoFormer: enhanced transformer with rotary position embedding*, arXiv 2104.09864 (2021), equation 15.
    """
    x = floats(x)
    angles = _angles(positions, x.shape[-1], base)  # (…, L, D / 2), in float64 whatever x is
    if angles.shape[-2:-1] not in (x.shape[-2:-1], ()):
        raise ValueError(f"{angles.shape[-2]} positions for {x.shape[-2]} tokens: give one for each")
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]  # (…, L, D / 2)
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)


def rotary_backward(upstream: ArrayLike, positions: ArrayLike, *, base: float = 10_000.0) -> Floats:
    """Gradient of `rotary` at its input: the upstream gradient turned back. Shapes as there."""
    return rotary(upstream, -np.asarray(positions, dtype=np.float64), base=base)


def _angles(positions: ArrayLike, width: int, base: float) -> NDArray[np.float64]:
    if width < 2 or width % 2:
        raise ValueError(f"width={width} is not allowed: give an even number ≥ 2")
    if not base > 1:
        raise ValueError(f"base={base} is not allowed: give a number above 1")
    return np.asarray(positions, dtype=np.float64)[..., None] * base ** (-np.arange(0, width, 2) / width)


def _places(positions: ArrayLike, rows: int) -> NDArray[np.int64]:
    """Positions as indices of a table's rows."""
    places = np.asarray(positions)
    if places.dtype.kind not in "iu":
        raise ValueError(f"positions have dtype {places.dtype}: give integers, a table has no row between two others")
    if (out := (places < 0) | (places >= rows)).any():
        raise ValueError(f"position {places[out][0]} is not in the table: give integers from 0 to {rows - 1}")
    return places.astype(np.int64)
