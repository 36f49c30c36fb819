"""Attention in torch: written out, and by torch's fused kernel, side by side and equal.

In come queries, keys and values with any leading batch shape, `(batch, heads, length, head_width)` as a rule; out come
values or weights. One convention: a boolean mask, True means *may look*; a query that may look at nothing hears
nothing, and neither its zeros nor its gradients are ever NaN.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from dlcore.nn.dropout import check_dropout
from dlcore.nn.dropout import dropout as drop

__all__ = ["Kernel", "Mask", "attention", "attention_weights", "causal_mask", "check_kernel"]

Kernel = Literal["auto", "explicit", "fused"]
Mask = Tensor | Literal["causal"] | None


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Mask = None,
    bias: Tensor | None = None,
    kernel: Kernel = "auto",
    *,
    dropout: float = 0.0,
) -> Tensor:
    """Scaled dot-product attention, ``softmax(q kᵀ / √D + bias) v``.

    Parameters
    ----------
    q : Tensor, shape (…, L, D)
    k : Tensor, shape (…, M, D)
    v : Tensor, shape (…, M, E)
        Finite, masked places included: nothing times NaN is NaN.
    mask : Tensor of bool that broadcasts to (…, L, M), or "causal", optional
        True: the query may look at the key (in `torch.nn.MultiheadAttention` it may *not*). ``"causal"`` is
        `causal_mask`, and lets the fused kernel skip the future.
    bias : Tensor of q's dtype that broadcasts to (…, L, M), optional
        Finite, added to the scaled scores: what must not be seen belongs in the mask.
    kernel : "auto", "explicit" or "fused"
        "explicit" is written out, holds L·M weights and can be differentiated twice. "fused" is
        `torch.nn.functional.scaled_dot_product_attention`, which neither holds them nor can. "auto" is fused, except
        where torch's CPU has no fused kernel, with dropout or a bias that is learned: there it is explicit, and faster.
    dropout : float
        Probability with which a weight is lost; the draws of the two kernels differ.

    Returns
    -------
    Tensor, shape (…, L, E)
        Zero where a query may look at nothing.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit, for an unknown kernel, or dropout outside [0, 1).

    References
    ----------
    Vaswani et al., *Attention is all you need*, NeurIPS 2017, equation 1; Dao et al., *FlashAttention*, NeurIPS 2022.

    Examples
    --------
    Three days, each of which hears itself and the days before; equal scores make a running mean.

    >>> import torch
    >>> from dlcore.nn import attention
    >>> q = k = torch.zeros(1, 3, 4)
    >>> v = torch.tensor([[[0.0], [1.0], [5.0]]])
    >>> attention(q, k, v, mask="causal").squeeze()
    tensor([0.0000, 0.5000, 2.0000])
    """
    check_kernel(kernel)
    check_dropout(dropout)
    _check(q, k, v, bias)
    if kernel == "auto":
        unfused = q.device.type == "cpu" and (dropout > 0 or (bias is not None and bias.requires_grad))
        kernel = "explicit" if unfused else "fused"
    fused = functional.scaled_dot_product_attention
    if kernel == "fused" and bias is None and isinstance(mask, str) and q.shape[-2] == k.shape[-2]:
        _check_word(mask)
        return fused(q, k, v, is_causal=True, dropout_p=dropout)
    mask, dead = _opened(mask, q, k)
    if kernel == "explicit":
        heard = drop(_weights(q, k, mask, bias), dropout) @ v  # (…, L, E)
    elif mask is None or bias is None:
        heard = fused(q, k, v, attn_mask=bias if mask is None else mask, dropout_p=dropout)
    else:
        heard = fused(q, k, v, attn_mask=bias.masked_fill(~mask, -torch.inf), dropout_p=dropout)
    return heard if dead is None else heard.masked_fill(dead, 0)


def attention_weights(q: Tensor, k: Tensor, mask: Mask = None, bias: Tensor | None = None) -> Tensor:
    """How much each query listens to each key: ``softmax(q kᵀ / √D + bias)``, what `attention` multiplies values by.

    Parameters
    ----------
    q, k, mask, bias
        As in `attention`.

    Returns
    -------
    Tensor, shape (…, L, M)
        Each row sums to one, or is zero where the query may look at nothing.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit.
    """
    _check(q, k, k, bias)
    mask, dead = _opened(mask, q, k)
    weights = _weights(q, k, mask, bias)
    return weights if dead is None else weights.masked_fill(dead, 0)


def causal_mask(queries: int, keys: int | None = None, *, device: torch.device | str | None = None) -> Tensor:
    """Who may look at whom when nobody may see tomorrow: query i of L looks at keys up to i + M − L.

    With fewer queries than keys the queries are the *newest* days (torch's `is_causal` aligns them with the oldest);
    with more, the first ones may look at nothing.

    Parameters
    ----------
    queries, keys : int
        L and M, ≥ 1; M is L unless it is given.
    device : torch.device or str, optional

    Returns
    -------
    Tensor of bool, shape (L, M)

    Raises
    ------
    ValueError
        For numbers below 1.

    Examples
    --------
    Two newest days among four:

    >>> from dlcore.nn import causal_mask
    >>> causal_mask(2, 4).int()
    tensor([[1, 1, 1, 0],
            [1, 1, 1, 1]], dtype=torch.int32)
    """
    keys = queries if keys is None else keys
    for name, value in (("queries", queries), ("keys", keys)):
        if value < 1:
            raise ValueError(f"{name}={value} is not allowed: give an integer ≥ 1")
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def check_kernel(kernel: str) -> None:
    """Refuse a kernel that there is not."""
    if kernel not in ("auto", "explicit", "fused"):
        raise ValueError(f"kernel={kernel!r} is not allowed: give 'auto', 'explicit' or 'fused'")


def _weights(q: Tensor, k: Tensor, mask: Tensor | None, bias: Tensor | None) -> Tensor:
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)  # (…, L, M); scaling q is cheaper than scaling these
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = scores.masked_fill_(~mask, -torch.inf)  # in place: nobody's gradient needs the old ones
    return torch.softmax(scores, dim=-1, dtype=torch.promote_types(q.dtype, torch.float32)).to(q.dtype)


def _opened(mask: Mask, q: Tensor, k: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """A mask in which queries that may look at nothing may look at everything, and which those were, (…, L, 1).

    A softmax over nothing is NaN, in values and in gradients; what these queries hear is set to zero afterwards.
    """
    if mask is None:
        return None, None
    if isinstance(mask, str):
        _check_word(mask)
        mask = causal_mask(q.shape[-2], k.shape[-2], device=q.device)
    if mask.dtype != torch.bool:
        raise ValueError(f"mask has dtype {mask.dtype}: give booleans, True where a query may look")
    _check_broadcast("mask", mask, q, k)
    dead = ~mask.any(dim=-1, keepdim=True)
    if dead.device.type == "cpu" and not dead.any():  # asking would make a GPU wait
        return mask, None
    return mask | dead, dead


def _check_word(mask: str) -> None:
    if mask != "causal":
        raise ValueError(f"mask={mask!r} is not allowed: give 'causal' or a tensor of booleans")


def _check(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> None:
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        shapes = f"q {tuple(q.shape)}, k {tuple(k.shape)} and v {tuple(v.shape)}"
        raise ValueError(f"{shapes} do not fit: give (…, L, D), (…, M, D) and (…, M, E)")
    if not q.dtype == k.dtype == v.dtype or not q.is_floating_point():
        raise ValueError(f"q, k and v are {q.dtype}, {k.dtype} and {v.dtype}: give one floating dtype")
    if bias is not None:
        if bias.dtype != q.dtype:
            raise ValueError(f"bias has dtype {bias.dtype}, q {q.dtype}: give numbers of q's dtype, booleans as mask")
        _check_broadcast("bias", bias, q, k)


def _check_broadcast(name: str, given: Tensor, q: Tensor, k: Tensor) -> None:
    shape = (*q.shape[:-1], k.shape[-2])  # (…, L, M)
    fits = given.ndim <= len(shape) and all(
        one in (1, all_) for one, all_ in zip(reversed(given.shape), reversed(shape), strict=False)
    )
    if not fits:
        raise ValueError(f"{name} has shape {tuple(given.shape)}: give one that broadcasts to {shape}")
