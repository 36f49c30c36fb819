"""Where in time a token stands: codes that are added, and a turn that makes scores depend on distance.

In come positions counted in sessions, never timestamps: at a million, float32 has lost the third digit of an angle.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.handwritten.layers import Floats, floats

__all__ = ["rotary", "rotary_backward", "sinusoidal"]


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
