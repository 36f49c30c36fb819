"""Attention in torch: written out, and by torch's fused kernel; many heads; and who may look at whom.

In:  queries, keys and values, or the tokens of which they are made, and booleans that are True where one may look.
Out: what was heard, one row a query. Slopes come from autograd.
Shapes: B sequences, L queries, M keys, D width, H heads of width W = D / H, values of width E.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

# --- who may look at whom ---


def causal_mask(queries: int, keys: int | None = None) -> Tensor:
    """Booleans (queries, keys), True where a query may look: at its own day and at every day before it.

    Without `keys` there are as many as queries. With more, the queries are the newest days: the last query and the last
    key are the same day.
    """
    keys = queries if keys is None else keys

    # query i stands on day i + M − L of the keys; it may look at day j if j ≤ i + M − L
    own_day = torch.arange(queries)[:, None] + keys - queries  # (L, 1)
    return torch.arange(keys) <= own_day  # (M,) against (L, 1) -> (L, M)


# --- one head, twice ---


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ / √W) v, written out: (…, L, W), (…, M, W), (…, M, E) -> (…, L, E).

    The mask, (L, M) or with axes in front, is True where a query may look; what it forbids has no weight at all. A
    query that may look at nothing hears zero, and neither that zero nor any slope is NaN.
    """
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5  # (…, L, W) (…, W, M) -> (…, L, M)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)  # exp(−∞) = 0, whatever the others are

    # w_ij = exp(s_ij) / Σ_k exp(s_ik); torch takes off the row's maximum first, as Day 4 did
    weights = torch.softmax(scores, -1)  # (…, L, M), rows sum to one
    if mask is not None:
        weights = weights.masked_fill(~mask, 0)  # a row of −∞ is 0/0; its NaN ends here, forward and backward
    return weights @ v  # (…, L, M) (…, M, E) -> (…, L, E)


def fused_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """The same by torch's own kernel, block by block: the (…, L, M) table of weights is never held as a whole.

    A softmax needs its row's maximum and sum, and both can be kept up to date while one walks along the row (Dao et al.
    2022); backward the blocks are computed once more.
    """
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # here, too, True means: may look


# --- many heads ---


def multi_head(
    x: Tensor,
    projection: nn.Linear,
    output: nn.Linear,
    heads: int,
    mask: Tensor | None = None,
    present: Tensor | None = None,
) -> Tensor:
    """Project, split, attend, merge, mix: (B, L, D) -> (B, L, D).

    `projection` maps D to 3·D: queries, keys and values side by side. Head h has columns h·W to (h + 1)·W of each, and
    after merging the same columns of what was heard; `output` mixes them. `mask` (L, L): True where a token may look.
    `present` (B, L): True where a token is there; one that is not (a holiday, the padding of a short window) is heard
    by nobody.
    """
    q, k, v = (split(part, heads) for part in projection(x).chunk(3, dim=-1))  # (B, L, 3·D) -> three (B, H, L, W)

    # a token is heard if the mask allows it and it is there: both must hold, and torch broadcasts the two tables
    if present is not None:
        there = present[:, None, None, :]  # (B, L) -> (B, 1, 1, L): the same for all heads and all who ask
        mask = there if mask is None else mask & there  # (B, 1, L, L)

    heard = attention(q, k, v, mask)  # (B, H, L, W)
    return output(heard.transpose(1, 2).flatten(2))  # (B, H, L, W) -> (B, L, H, W) -> (B, L, D)


def split(x: Tensor, heads: int) -> Tensor:
    """Head h gets columns h·W to (h + 1)·W of every token, (B, L, D) -> (B, H, L, W)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, L, D) -> (B, L, H, W) -> (B, H, L, W)


class MultiHeadAttention(nn.Module):
    """`multi_head` with weights of its own, for a network."""

    def __init__(self, width: int, heads: int, causal: bool = False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.projection, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor, present: Tensor | None = None) -> Tensor:
        mask = causal_mask(x.shape[1]) if self.causal else None
        return multi_head(x, self.projection, self.output, self.heads, mask, present)
