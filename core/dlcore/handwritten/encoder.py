"""One layer of a transformer encoder, forward: look around, then think, each beside a path that changes nothing.

In come sequences `(…, length, width)`, out come sequences of the same shape. Backwards is the machine's work.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcore.handwritten.attention import MultiHeadAttention
from dlcore.handwritten.layers import Floats, Linear, floats, gelu
from dlcore.handwritten.norm import layer_norm

__all__ = ["EncoderLayer", "feed_forward"]


def feed_forward(x: ArrayLike, expand: Linear, contract: Linear) -> Floats:
    """``contract(GELU(expand(x)))`` for each token by itself, (…, D) → (…, D); the GELU is the exact one."""
    return contract.forward(gelu(expand.forward(x)))


@dataclass(frozen=True)
class EncoderLayer:
    """Pre-norm encoder layer: ``x + attention(norm(x))``, then ``x + feed_forward(norm(x))``.

    Equals `torch.nn.TransformerEncoderLayer(norm_first=True, activation="gelu", dropout=0)` with the same weights.

    Attributes
    ----------
    attention : MultiHeadAttention
    expand, contract : Linear, (D, F) and (F, D)
    norms : two pairs of ndarray, shape (D,)
        Gain and bias before the attention, and before the feed-forward.
    epsilon : float
        As in `layer_norm`.

    References
    ----------
    Xiong et al., *On layer normalization in the transformer architecture*, ICML 2020, figure 1 (b).
    """

    attention: MultiHeadAttention
    expand: Linear
    contract: Linear
    norms: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
    epsilon: float = 1e-5

    @classmethod
    def random(cls, width: int, heads: int, hidden: int, rng: np.random.Generator) -> "EncoderLayer":
        """Weights of variance 1/inputs, biases zero, gains one."""
        fresh = (np.ones(width), np.zeros(width))
        return cls(
            MultiHeadAttention.random(width, heads, rng),
            Linear.random(width, hidden, rng, gain=1.0),
            Linear.random(hidden, width, rng, gain=1.0),
            (fresh, fresh),
        )

    def forward(self, x: ArrayLike, *, mask: ArrayLike | None = None) -> Floats:
        """(…, L, D) → (…, L, D); `mask` as in `MultiHeadAttention.forward`."""
        x = floats(x)
        (gain, bias), (second_gain, second_bias) = self.norms
        x = x + self.attention.forward(layer_norm(x, gain, bias, epsilon=self.epsilon), mask=mask)[0]
        normed = layer_norm(x, second_gain, second_bias, epsilon=self.epsilon)
        return x + feed_forward(normed, self.expand, self.contract)
