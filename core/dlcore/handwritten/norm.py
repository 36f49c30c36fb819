"""Layer normalisation: every row on its own scale, and the gradient that knows it."""

import numpy as np
from numpy.typing import ArrayLike

from dlcore.handwritten.layers import Floats, floats

__all__ = ["layer_norm", "layer_norm_backward"]


def layer_norm(x: ArrayLike, gain: ArrayLike, bias: ArrayLike, *, epsilon: float = 1e-5) -> Floats:
    """Each row minus its mean, over its standard deviation, times a gain, plus a bias.

    ``(x − μ) / √(σ² + ε) · gain + bias``, μ and σ² (divided by D, ddof 0) over the last axis. ε stands under the
    root: rows of returns, near .01, are visibly shrunk by it.

    Parameters
    ----------
    x : array_like, shape (…, D)
        NaN makes its row NaN.
    gain, bias : array_like, shape (D,)
    epsilon : float
        Added to the variance, in units of x².

    Returns
    -------
    ndarray, shape (…, D)

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Ba, Kiros and Hinton, *Layer normalization*, arXiv 1607.06450 (2016), equation 4.
    """
    x, gain, bias = floats(x), floats(gain), floats(bias)
    for name, array in (("gain", gain), ("bias", bias)):
        if array.shape != x.shape[-1:]:
            raise ValueError(f"{name} has shape {array.shape}, x {x.shape}: give one number per column")
    return _normalised(x, epsilon)[0] * gain + bias


def layer_norm_backward(
    x: ArrayLike, gain: ArrayLike, upstream: ArrayLike, *, epsilon: float = 1e-5
) -> tuple[Floats, Floats, Floats]:
    """Gradients of `layer_norm` with respect to its input, its gain and its bias.

    With z the normalised row and h = upstream · gain: ``dx = (h − mean h − z mean(h z)) / √(σ² + ε)``. What a row has
    in common with 1 and with itself is taken off: the output cannot move that way.

    Returns
    -------
    (ndarray (…, D), ndarray (D,), ndarray (D,))

    Raises
    ------
    ValueError
        If `upstream` has not the shape of `x`.
    """
    x, gain, upstream = floats(x), floats(gain), floats(upstream)
    if upstream.shape != x.shape:
        raise ValueError(f"upstream has shape {upstream.shape}, x {x.shape}: give one gradient per output")
    z, spread = _normalised(x, epsilon)  # (…, D) (…, 1)
    h = upstream * gain
    down = (h - h.mean(-1, keepdims=True) - z * np.mean(h * z, axis=-1, keepdims=True)) / spread
    rows = tuple(range(x.ndim - 1))
    return down, np.sum(upstream * z, axis=rows), np.sum(upstream, axis=rows)


def _normalised(x: Floats, epsilon: float) -> tuple[Floats, Floats]:
    """The row on its own scale, (…, D), and that scale, (…, 1)."""
    centred = x - x.mean(-1, keepdims=True)
    spread = np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + x.dtype.type(epsilon))
    return centred / spread, spread
