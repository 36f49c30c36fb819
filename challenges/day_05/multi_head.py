"""Many heads by hand: cut the width, let every piece attend by itself, put the pieces side by side, mix.

In:  tokens, four linear maps, the number of heads and, if not all may look at all, a mask.
Out: what every token heard, who listened to whom, and the slope of the loss at everything that went in.
Shapes: B sequences, L tokens, D width, H heads of width W = D / H. Attention itself is Day 4's, from dlcore, where it
takes any number of axes in front of (L, W).
"""

from typing import NamedTuple

import numpy as np

from dlcore.handwritten import attention, attention_backward


class Maps(NamedTuple):
    """The four linear maps, weights (inputs, outputs) and biases (outputs,); or the slopes at them."""

    query: np.ndarray
    query_bias: np.ndarray
    key: np.ndarray
    key_bias: np.ndarray
    value: np.ndarray
    value_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray


# --- cutting and joining ---


def split_heads(x: np.ndarray, heads: int) -> np.ndarray:
    """Head h gets columns h·W to (h + 1)·W of every token, (B, L, D) -> (B, H, L, W).

    Two steps, and both are needed: a reshape cuts each token, and the swap makes of "every token's heads" "every
    head's tokens". A reshape alone would give the first head the first tokens.
    """
    B, L, D = x.shape
    return x.reshape(B, L, heads, D // heads).swapaxes(1, 2)  # (B, L, D) -> (B, L, H, W) -> (B, H, L, W)


def merge_heads(x: np.ndarray) -> np.ndarray:
    """Undo split_heads: the heads of a token side by side again, (B, H, L, W) -> (B, L, D)."""
    B, H, L, W = x.shape
    return x.swapaxes(1, 2).reshape(B, L, H * W)  # (B, H, L, W) -> (B, L, H, W) -> (B, L, D)


# --- forward ---


def multi_head(x: np.ndarray, maps: Maps, heads: int, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Output (B, L, D) and attention weights (B, H, L, L). mask: (L, L) or (B, L, L), True where a token may look.

    Project, split, attend, merge, and through the last map.
    """
    q, k, v = _projected(x, maps, heads)  # (B, L, D) -> three of (B, H, L, W)

    # heard_h = softmax(Q_h K_hᵀ / √W) V_h: every head by itself, scaled by its own width and not by D
    heard, weights = attention(q, k, v, mask=_for_heads(mask))  # (B, H, L, W), (B, H, L, L)

    # y = [heard_1 … heard_H] W_o + b_o = Σ_h heard_h W_o[rows of h] + b_o: the first place where heads meet
    return merge_heads(heard) @ maps.output + maps.output_bias, weights  # (B, H, L, W) -> (B, L, D)


# --- backward: the same steps from the end to the beginning ---


def multi_head_backward(
    x: np.ndarray, maps: Maps, heads: int, upstream: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, Maps]:
    """∂L/∂x, (B, L, D), and the slopes at the maps, from upstream = ∂L/∂y, (B, L, D).

    The forward steps from the end: back through the last map; split what merging joined; `attention_backward`; merge
    what splitting cut; back through three maps, whose slopes at x add. A linear map y = x W + b gives back upstream Wᵀ
    at x, xᵀ upstream summed over all tokens at W, and the sum of upstream at b.
    """
    q, k, v = _projected(x, maps, heads)
    heard, _ = attention(q, k, v, mask=_for_heads(mask))

    # y = m W_o + b_o with m the merged heads: Day 2's layer
    dmerged, output, output_bias = _linear_backward(merge_heads(heard), maps.output, upstream)

    # merging only moved numbers, so its backward moves them back: split
    dq, dk, dv = attention_backward(q, k, v, split_heads(dmerged, heads), mask=_for_heads(mask))

    # x went into three maps, so three slopes come back, and slopes add
    dx_query, query, query_bias = _linear_backward(x, maps.query, merge_heads(dq))
    dx_key, key, key_bias = _linear_backward(x, maps.key, merge_heads(dk))
    dx_value, value, value_bias = _linear_backward(x, maps.value, merge_heads(dv))
    slopes = Maps(query, query_bias, key, key_bias, value, value_bias, output, output_bias)
    return dx_query + dx_key + dx_value, slopes


# --- what both directions need ---


def _projected(x: np.ndarray, maps: Maps, heads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries, keys and values of every head, three of (B, H, L, W)."""
    q = split_heads(x @ maps.query + maps.query_bias, heads)  # (B, L, D) -> (B, H, L, W)
    k = split_heads(x @ maps.key + maps.key_bias, heads)
    v = split_heads(x @ maps.value + maps.value_bias, heads)
    return q, k, v


def _for_heads(mask: np.ndarray | None) -> np.ndarray | None:
    """One mask for all heads of a sequence: (B, L, L) -> (B, 1, L, L); an (L, L) fits as it is."""
    return mask[:, None] if mask is not None and mask.ndim == 3 else mask


def _linear_backward(x: np.ndarray, weight: np.ndarray, upstream: np.ndarray) -> tuple[np.ndarray, ...]:
    """Slopes at a linear map's input, weight and bias; its rows are all tokens of all sequences."""
    rows, slopes = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, upstream.shape[-1])  # (B·L, I), (B·L, O)
    return upstream @ weight.T, rows.T @ slopes, slopes.sum(0)
