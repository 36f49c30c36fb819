"""Attention: every query asks all keys, and hears their values in the proportion in which they fit.

In come queries, keys and values with any leading batch shape; out come outputs, weights and gradients. A mask is
boolean and True means *may look*, as in `torch.nn.functional.scaled_dot_product_attention` (and the opposite of
`torch.nn.MultiheadAttention`); a query that may look at nothing hears nothing: weights and output are zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.handwritten.layers import Floats, Linear, floats

__all__ = [
    "MultiHeadAttention",
    "attention",
    "attention_backward",
    "merge_heads",
    "softmax",
    "softmax_backward",
    "split_heads",
]

Mask = NDArray[np.bool_]


def softmax(x: ArrayLike, *, mask: ArrayLike | None = None) -> Floats:
    """Positive shares along the last axis that sum to one, ``exp(x_i) / Σ_j exp(x_j)``.

    Parameters
    ----------
    x : array_like, shape (…, L)
        Scores; each row's maximum is taken off first, so any finite size is safe. NaN makes its row NaN.
    mask : array_like of bool, broadcastable to `x`, optional
        Where False the share is zero. A row that is False throughout is zero throughout.

    Returns
    -------
    ndarray, shape (…, L)

    Raises
    ------
    ValueError
        If the mask is not boolean or does not fit.

    Examples
    --------
    >>> from dlcore.handwritten import softmax
    >>> softmax([2.0, 1.0, 0.0]).round(3)
    array([0.665, 0.245, 0.09 ])
    >>> softmax([1e4, -1e4])  # no overflow
    array([1., 0.])
    >>> softmax([[2.0, 1.0], [2.0, 1.0]], mask=[[True, False], [False, False]])  # who may look at nobody hears nothing
    array([[1., 0.],
           [0., 0.]])
    """
    x = floats(x)
    if mask is not None:
        x = np.where(_checked(mask, x.shape), x, -np.inf)
    top = x.max(axis=-1, keepdims=True)
    share = np.exp(x - np.where(np.isneginf(top), x.dtype.type(0), top))  # (…, L)
    total = share.sum(axis=-1, keepdims=True)
    return share / np.where(total == 0, x.dtype.type(1), total)


def softmax_backward(weights: ArrayLike, upstream: ArrayLike) -> Floats:
    """Gradient of the scores, ``w (g − Σ w g)``, from the shares and the gradient at them; both (…, L).

    Each row sums to zero: pushing all its scores up moves nothing. Masked places have weight and gradient zero.
    """
    weights, upstream = floats(weights), floats(upstream)
    return weights * (upstream - np.sum(weights * upstream, axis=-1, keepdims=True))


def attention(
    query: ArrayLike, key: ArrayLike, value: ArrayLike, *, mask: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Scaled dot-product attention, ``softmax(Q Kᵀ / √D) V``, and its weights.

    Parameters
    ----------
    query : array_like, shape (…, L, D)
    key : array_like, shape (…, M, D)
    value : array_like, shape (…, M, E)
    mask : array_like of bool, broadcastable to (…, L, M), optional
        True: the query may look at the key.

    Returns
    -------
    output : ndarray, shape (…, L, E)
    weights : ndarray, shape (…, L, M)
        Each row sums to one, or is zero where the mask is False throughout.

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Vaswani et al., *Attention is all you need*, NeurIPS 2017, equation 1.
    """
    query, key, value = floats(query), floats(key), floats(value)
    if query.ndim < 2 or query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        shapes = f"query {query.shape}, key {key.shape} and value {value.shape}"
        raise ValueError(f"{shapes} do not fit: give (…, L, D), (…, M, D) and (…, M, E)")
    scores = _scaled(query) @ np.swapaxes(key, -1, -2)  # (…, L, M)
    weights = softmax(scores, mask=mask)
    return weights @ value, weights


def attention_backward(
    query: ArrayLike, key: ArrayLike, value: ArrayLike, upstream: ArrayLike, *, mask: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """Gradients of `attention`'s output with respect to queries, keys and values.

    Parameters
    ----------
    query, key, value, mask
        What the forward pass was given.
    upstream : array_like, shape (…, L, E)
        Gradient of the loss with respect to the output.

    Returns
    -------
    (ndarray (…, L, D), ndarray (…, M, D), ndarray (…, M, E))
        The leading axes of all three must be the same: broadcast before, sum after.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    query, key, value, upstream = floats(query), floats(key), floats(value), floats(upstream)
    output, weights = attention(query, key, value, mask=mask)
    if upstream.shape != output.shape:
        raise ValueError(f"upstream has shape {upstream.shape}: the output has {output.shape}")
    dweights = upstream @ np.swapaxes(value, -1, -2)  # (…, L, M)
    dscores = softmax_backward(weights, dweights)  # (…, L, M)
    dquery = _scaled(dscores @ key, width=query.shape[-1])  # (…, L, D)
    dkey = np.swapaxes(dscores, -1, -2) @ _scaled(query)  # (…, M, D)
    return dquery, dkey, np.swapaxes(weights, -1, -2) @ upstream


def split_heads(x: ArrayLike, heads: int) -> Floats:
    """Cut the width into heads, (…, L, H·W) → (…, H, L, W): head h gets columns h·W to (h + 1)·W of every token."""
    x = floats(x)
    if heads < 1 or x.shape[-1] % heads:
        raise ValueError(f"heads={heads} is not allowed: give a divisor of the width {x.shape[-1]}")
    return np.swapaxes(x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads), -2, -3)


def merge_heads(x: ArrayLike) -> Floats:
    """Undo `split_heads`: (…, H, L, W) → (…, L, H·W)."""
    x = np.swapaxes(floats(x), -2, -3)  # (…, L, H, W)
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


@dataclass(frozen=True)
class MultiHeadAttention:
    """Self-attention with several heads, or the gradient of one: the two have the same arrays.

    Attributes
    ----------
    query, key, value, output : Linear, (width, width) each
        The transposes of torch's `in_proj_weight` (in three parts) and `out_proj.weight`.
    heads : int
        A divisor of the width.
    """

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int

    @classmethod
    def random(cls, width: int, heads: int, rng: np.random.Generator) -> "MultiHeadAttention":
        """Weights of variance 1/width, biases zero."""
        if heads < 1 or width % heads:
            raise ValueError(f"heads={heads} is not allowed: give a divisor of width={width}")
        query, key, value, output = (Linear.random(width, width, rng, gain=1.0) for _ in range(4))
        return cls(query, key, value, output, heads)

    def forward(self, x: ArrayLike, *, mask: ArrayLike | None = None) -> tuple[Floats, Floats]:
        """Let every token of a sequence ask all the others.

        Parameters
        ----------
        x : array_like, shape (…, L, width)
        mask : array_like of bool, broadcastable to (…, L, L), optional
            True: the token may look. The same for all heads.

        Returns
        -------
        (ndarray (…, L, width), ndarray (…, H, L, L))
            Output and weights.
        """
        heard, weights = attention(*self._projected(x), mask=_per_head(mask))
        return self.output.forward(merge_heads(heard)), weights

    def backward(
        self, x: ArrayLike, upstream: ArrayLike, *, mask: ArrayLike | None = None
    ) -> tuple[Floats, "MultiHeadAttention"]:
        """Gradients from what `forward` was given and the gradient at its output, (…, L, width).

        Returns
        -------
        (ndarray (…, L, width), MultiHeadAttention)
            At the input, the sum of three paths; and at the weights. The key bias has gradient zero: one constant
            added to all keys moves a whole row of scores.
        """
        x, mask = floats(x), _per_head(mask)
        projected = self._projected(x)
        heard, _ = attention(*projected, mask=mask)
        dmerged, output = self.output.backward(merge_heads(heard), upstream)
        gradients = attention_backward(*projected, split_heads(dmerged, self.heads), mask=mask)
        paths = [
            layer.backward(x, merge_heads(gradient))
            for layer, gradient in zip((self.query, self.key, self.value), gradients, strict=True)
        ]
        (dx_query, query), (dx_key, key), (dx_value, value) = paths
        return dx_query + dx_key + dx_value, MultiHeadAttention(query, key, value, output, self.heads)

    def _projected(self, x: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Queries, keys and values of each head, (…, H, L, W) each."""
        query, key, value = (split_heads(layer.forward(x), self.heads) for layer in (self.query, self.key, self.value))
        return query, key, value


def _scaled(x: Floats, width: int | None = None) -> Floats:
    """x / √D: a sum of D products has a spread that grows like √D."""
    return x / x.dtype.type(np.sqrt(width or x.shape[-1]))


def _per_head(mask: ArrayLike | None) -> Mask | None:
    """(…, L, M) → (…, 1, L, M); a single (L, M) serves every head as it is."""
    if mask is None:
        return None
    mask = np.asarray(mask)
    return mask if mask.ndim <= 2 else mask[..., None, :, :]


def _checked(mask: ArrayLike, shape: tuple[int, ...]) -> Mask:
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise ValueError(f"mask has dtype {mask.dtype}: give booleans, True where a query may look")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"mask has shape {mask.shape}: give one that broadcasts to {shape}") from None
