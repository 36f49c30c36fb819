"""Attention by hand: every query asks all keys, and hears their values in the proportion in which they fit.

In:  queries, keys, values, and a mask that is True where a query may look at a key.
Out: outputs, the weights that made them, and the slope of the loss at everything that went in.
Shapes: L queries and M keys of width D, M values of width E.
"""

import numpy as np

# --- scores into shares ---


def softmax(x: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """w_j = exp(x_j) / Σ_k exp(x_k) along the last axis: positive shares that sum to one, in the shape of x.

    Where the mask is False the share is zero; a row that is False throughout has nobody to give to, and is all zeros.
    """
    if mask is not None:
        x = np.where(mask, x, -np.inf)  # exp(−∞) = 0: as if the key had never been there

    # exp(x_j − c) / Σ exp(x_k − c) is the same for every c: with the row's own maximum no exponent is above zero,
    # nothing overflows, and the largest share cannot vanish
    top = x.max(-1, keepdims=True)  # (…, M) -> (…, 1)
    top = np.where(np.isneginf(top), 0, top)  # nothing to look at: −∞ − (−∞) would be NaN
    share = np.exp(x - top)  # (…, M)
    total = share.sum(-1, keepdims=True)  # (…, 1): at least 1, or 0 in a row without a key
    return share / np.where(total == 0, 1, total)  # (…, M)


def softmax_backward(weights: np.ndarray, upstream: np.ndarray) -> np.ndarray:
    """∂L/∂x from the shares w and g = ∂L/∂w, in the shape of x.

    ∂w_j/∂x_k = w_j (1[j = k] − w_k)   ⇒   ∂L/∂x_k = w_k (g_k − Σ_j w_j g_j).

    A share grows at the cost of the others, so what counts is by how much a key is better than the average it is in.
    """
    average = np.sum(weights * upstream, -1, keepdims=True)  # (…, M) -> (…, 1)
    return weights * (upstream - average)  # (…, M)


# --- shares into an answer ---


def attention(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(output, weights) of scaled dot-product attention, (L, E) and (L, M).

    o_i = Σ_j w_ij v_j,   w_i = softmax_j(q_i · k_j / √D).   Vaswani et al. (2017), equation 1.
    """
    # a sum of D products of size one has size √D: divided by it, scores have size one at every width
    scores = query @ key.T / np.sqrt(key.shape[1])  # (L, D) (D, M) -> (L, M)
    weights = softmax(scores, mask=mask)  # (L, M), each row sums to one
    return weights @ value, weights  # (L, M) (M, E) -> (L, E)


def attention_backward(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, upstream: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(∂L/∂Q, ∂L/∂K, ∂L/∂V) from g = ∂L/∂o, shapes (L, D), (M, D), (M, E).

    The way there, read from right to left: ∂L/∂v_j = Σ_i w_ij g_i and ∂L/∂w_ij = g_i · v_j; through the softmax and the
    division by √D to ∂L/∂s_ij; then ∂L/∂q_i = Σ_j ∂L/∂s_ij k_j and ∂L/∂k_j = Σ_i ∂L/∂s_ij q_i, with s_ij = q_i · k_j.
    """
    _, weights = attention(query, key, value, mask=mask)  # (L, M)

    # o_ie = Σ_j w_ij v_je   ⇒   ∂L/∂v_je = Σ_i w_ij g_ie   and   ∂L/∂w_ij = Σ_e g_ie v_je
    dvalue = weights.T @ upstream  # (M, L) (L, E) -> (M, E)
    dweights = upstream @ value.T  # (L, E) (E, M) -> (L, M)

    # through the softmax and the one division by √D; where the mask is False the weight is 0, and so is the slope
    dscores = softmax_backward(weights, dweights) / np.sqrt(key.shape[1])  # (L, M)

    # q_i · k_j = Σ_d q_id k_jd: the query's slope is made of keys, the key's of queries
    dquery = dscores @ key  # (L, M) (M, D) -> (L, D)
    dkey = dscores.T @ query  # (M, L) (L, D) -> (M, D)
    return dquery, dkey, dvalue
