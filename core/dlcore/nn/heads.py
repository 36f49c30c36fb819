"""Many heads: each asks its own question in its own slice of the width, and what they hear is mixed.

In come sequences `(batch, length, width)`, and a second sequence where one asks another; out comes one of the first
sequence's shape. Masks as in `attention`: boolean, True means *may look*, everywhere.
"""

from functools import reduce
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcore.nn.dot_product import Kernel, Mask, attention, attention_weights, causal_mask, check_kernel
from dlcore.nn.dropout import check_dropout
from dlcore.nn.positional import rotary

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(nn.Module):
    """Self- or cross-attention with several heads.

    ``projection`` holds the weights of queries, keys and values one under another, as torch's `in_proj_weight`;
    ``output`` is torch's `out_proj`.

    Parameters
    ----------
    width : int
    heads : int
        A divisor of the width.
    dropout : float
        Probability with which an attention weight is lost in training.
    causal : bool
        No token looks at a later one. A context longer than the queries ends with them.
    positions : "none" or "rotary"
        "rotary" turns queries and keys by their place, so that scores depend on distances; self-attention only.
    kernel : "auto", "explicit" or "fused"
        As in `attention`.

    Raises
    ------
    ValueError
        For a value that is not allowed.

    References
    ----------
    Vaswani et al., *Attention is all you need*, NeurIPS 2017, section 3.2.2.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        dropout: float = 0.0,
        causal: bool = False,
        positions: Literal["none", "rotary"] = "none",
        kernel: Kernel = "auto",
    ) -> None:
        super().__init__()
        if heads < 1 or width < 1 or width % heads:
            raise ValueError(f"heads={heads} is not allowed: give a divisor of width={width}")
        if positions not in ("none", "rotary"):
            raise ValueError(f"positions={positions!r} is not allowed: give 'none' or 'rotary'")
        if positions == "rotary" and (width // heads) % 2:
            raise ValueError(f"heads={heads} is not allowed: rotary pairs columns, give heads of even width")
        check_dropout(dropout)
        check_kernel(kernel)
        self.width, self.heads, self.dropout = width, heads, dropout
        self.causal, self.positions = causal, positions
        self.kernel: Kernel = kernel
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.projection.weight)
        nn.init.zeros_(self.projection.bias)
        nn.init.zeros_(self.output.bias)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        present: Tensor | None = None,
        bias: Tensor | None = None,
    ) -> Tensor:
        """Let every token of x ask the context, or x itself.

        Parameters
        ----------
        x : Tensor, shape (B, L, width)
        context : Tensor, shape (B, M, width), optional
        mask : Tensor of bool, shape (L, M), (B, L, M) or (B, H, L, M), optional
            True: the token may look. Axes may be 1.
        present : Tensor of bool, shape (B, M), optional
            True: the key is there. False is padding, a day on which the asset did not trade, seen by nobody. (torch's
            `key_padding_mask` is its opposite.)
        bias : Tensor, shape (L, M), (B, L, M) or (B, H, L, M), optional
            Added to the scores.

        Returns
        -------
        Tensor, shape (B, L, width)
            The output bias alone where a token may look at nothing.

        Raises
        ------
        ValueError
            If shapes do not fit.
        """
        q, k, v = self._projected(x, context)  # (B, H, L or M, W) each
        allowed = self._allowed(q, k, mask, present)
        lost = self.dropout if self.training else 0.0
        heard = attention(q, k, v, allowed, _per_head(bias), self.kernel, dropout=lost)  # (B, H, L, W)
        return self.output(heard.transpose(1, 2).flatten(2))  # (B, L, H, W) -> (B, L, D)

    def weights(
        self,
        x: Tensor,
        context: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        present: Tensor | None = None,
        bias: Tensor | None = None,
    ) -> Tensor:
        """Who listens to whom, (B, H, L, M), without dropout; arguments as in `forward`."""
        q, k, _ = self._projected(x, context)
        return attention_weights(q, k, self._allowed(q, k, mask, present), _per_head(bias))

    def _projected(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of each head, (B, H, L or M, W) each."""
        self._check(x, context)
        if context is None:
            q, k, v = self.projection(x).chunk(3, dim=-1)  # (B, L, D) each
        else:
            weight, bias, cut = self.projection.weight, self.projection.bias, self.width
            q = functional.linear(x, weight[:cut], bias[:cut])  # (B, L, D)
            k, v = functional.linear(context, weight[cut:], bias[cut:]).chunk(2, dim=-1)  # (B, M, D) each
        q, k, v = (one.unflatten(-1, (self.heads, -1)).transpose(1, 2) for one in (q, k, v))
        if self.positions == "rotary":
            places = torch.arange(x.shape[1], device=x.device)
            q, k = rotary(q, places), rotary(k, places)
        return q, k, v

    def _allowed(self, q: Tensor, k: Tensor, mask: Tensor | None, present: Tensor | None) -> Mask:
        """All that forbids, in one."""
        length, keys = q.shape[-2], k.shape[-2]
        if self.causal and mask is None and present is None:
            return "causal"
        if present is not None:
            if present.dtype != torch.bool or present.shape != (k.shape[0], keys):
                given = f"present has dtype {present.dtype} and shape {tuple(present.shape)}"
                raise ValueError(f"{given}: give booleans (batch, keys) = {(k.shape[0], keys)}, True where a key is")
            present = present[:, None, None, :]  # (B, 1, 1, M)
        if mask is not None and mask.dtype != torch.bool:
            raise ValueError(f"mask has dtype {mask.dtype}: give booleans, True where a token may look")
        future = causal_mask(length, keys, device=q.device) if self.causal else None
        rules = [one for one in (future, _per_head(mask), present) if one is not None]
        return reduce(torch.logical_and, rules) if rules else None

    def _check(self, x: Tensor, context: Tensor | None) -> None:
        for name, tensor in (("x", x), ("context", context)):
            if tensor is not None and (tensor.ndim != 3 or tensor.shape[-1] != self.width):
                raise ValueError(f"{name} has shape {tuple(tensor.shape)}: give (batch, length, {self.width})")
        if context is not None and context.shape[0] != x.shape[0]:
            raise ValueError(f"context has {context.shape[0]} sequences, x {x.shape[0]}: give as many")
        if context is not None and self.positions == "rotary":
            raise ValueError("positions='rotary' counts along one sequence: give no context, or positions='none'")


def _per_head(given: Tensor | None) -> Tensor | None:
    """(B, L, M) → (B, 1, L, M); (L, M) serves every sequence and head as it is."""
    return given.unsqueeze(1) if given is not None and given.ndim == 3 else given
