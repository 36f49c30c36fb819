"""The transformer's encoder: look around, then think, each beside a path that changes nothing.

In come sequences `(batch, length, width)` and masks as in `attention` (True: may look); out come sequences of the same
shape. With copied weights it equals `torch.nn.TransformerEncoder` with GELU.
"""

from typing import Literal, TypedDict, Unpack

from torch import Tensor, nn
from torch.nn import functional

from dlcore.nn.dot_product import Kernel
from dlcore.nn.dropout import Dropout
from dlcore.nn.heads import MultiHeadAttention
from dlcore.nn.norm import LayerNorm

__all__ = ["Encoder", "EncoderLayer"]


class EncoderLayer(nn.Module):
    """Attention and a feed-forward network, each with its norm and its residual path.

    Pre-norm: ``x + drop(attention(norm(x)))``, then ``x + drop(feed_forward(norm(x)))``. Post-norm, the original:
    ``norm(x + drop(attention(x)))``, then ``norm(x + drop(feed_forward(x)))``. What is dropped is what a branch says,
    never the stream itself.

    Parameters
    ----------
    width : int
    heads : int
        A divisor of the width.
    hidden : int, optional
        Width of the feed-forward network between its two maps, ``4 · width`` unless given.
    dropout : float
        Of attention weights, of the hidden numbers, and of what each branch adds.
    norm : "pre" or "post"
    causal : bool
        No token looks at a later one.
    positions : "none" or "rotary"
    kernel : "auto", "explicit" or "fused"
        As in `MultiHeadAttention`.

    Raises
    ------
    ValueError
        For a value that is not allowed.

    References
    ----------
    Vaswani et al., *Attention is all you need*, NeurIPS 2017, section 3.1; Xiong et al., *On layer normalization in
    the transformer architecture*, ICML 2020, figure 1.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        hidden: int | None = None,
        dropout: float = 0.1,
        norm: Literal["pre", "post"] = "pre",
        causal: bool = False,
        positions: Literal["none", "rotary"] = "none",
        kernel: Kernel = "auto",
    ) -> None:
        super().__init__()
        if norm not in ("pre", "post"):
            raise ValueError(f"norm={norm!r} is not allowed: give 'pre' or 'post'")
        hidden = 4 * width if hidden is None else hidden
        if hidden < 1:
            raise ValueError(f"hidden={hidden} is not allowed: give an integer ≥ 1")
        self.norm = norm
        self.attention = MultiHeadAttention(
            width, heads, dropout=dropout, causal=causal, positions=positions, kernel=kernel
        )
        self.expand, self.contract = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.first_norm, self.second_norm = LayerNorm(width), LayerNorm(width)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor, *, mask: Tensor | None = None, present: Tensor | None = None) -> Tensor:
        """(B, L, width) → (B, L, width); `mask` and `present` as in `MultiHeadAttention.forward`."""
        if self.norm == "pre":
            x = x + self.drop(self.attention(self.first_norm(x), mask=mask, present=present))
            return x + self.drop(self.feed_forward(self.second_norm(x)))
        x = self.first_norm(x + self.drop(self.attention(x, mask=mask, present=present)))
        return self.second_norm(x + self.drop(self.feed_forward(x)))

    def weights(self, x: Tensor, *, mask: Tensor | None = None, present: Tensor | None = None) -> Tensor:
        """Who listens to whom, (B, H, L, L); arguments as in `forward`."""
        asked = self.first_norm(x) if self.norm == "pre" else x
        return self.attention.weights(asked, mask=mask, present=present)

    def feed_forward(self, x: Tensor) -> Tensor:
        """``contract(GELU(expand(x)))`` for each token by itself; the GELU is the exact one."""
        return self.contract(self.drop(functional.gelu(self.expand(x))))  # (B, L, D) -> (B, L, F) -> (B, L, D)


class LayerSettings(TypedDict, total=False):
    """What `EncoderLayer` takes by name."""

    hidden: int | None
    dropout: float
    norm: Literal["pre", "post"]
    causal: bool
    positions: Literal["none", "rotary"]
    kernel: Kernel


class Encoder(nn.Module):
    """Encoder layers one after another, each with weights of its own; pre-norm, a last norm follows them.

    Parameters
    ----------
    width, heads : int
    layers : int
        How many, ≥ 1.
    **layer
        As in `EncoderLayer`: hidden, dropout, norm, causal, positions, kernel.

    Raises
    ------
    ValueError
        For a value that is not allowed.
    """

    def __init__(self, width: int, heads: int, layers: int, **layer: Unpack[LayerSettings]) -> None:
        super().__init__()
        if layers < 1:
            raise ValueError(f"layers={layers} is not allowed: give an integer ≥ 1")
        self.layers = nn.ModuleList(EncoderLayer(width, heads, **layer) for _ in range(layers))
        self.last_norm = None if layer.get("norm") == "post" else LayerNorm(width)

    def forward(self, x: Tensor, *, mask: Tensor | None = None, present: Tensor | None = None) -> Tensor:
        """(B, L, width) → (B, L, width); every layer is given the same `mask` and `present`."""
        for layer in self.layers:
            x = layer(x, mask=mask, present=present)
        return x if self.last_norm is None else self.last_norm(x)

    def weights(self, x: Tensor, *, mask: Tensor | None = None, present: Tensor | None = None) -> list[Tensor]:
        """Who listens to whom in each layer, (B, H, L, L) each; in training, dropout acts between the layers."""
        heard = []
        for layer in self.layers:
            assert isinstance(layer, EncoderLayer)
            heard.append(layer.weights(x, mask=mask, present=present))
            x = layer(x, mask=mask, present=present)
        return heard
