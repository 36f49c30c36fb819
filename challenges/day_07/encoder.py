"""One layer of an encoder by hand, forward: look around, then think, each beside a path that changes nothing.

In:  sequences of tokens, one token a day, and the weights of a layer.
Out: sequences of the same shape, so that the next layer can follow.
Shapes: L days, D numbers a day (the width), F hidden units; any batch shape in front.
"""

import numpy as np

from dlcore.handwritten import Linear, MultiHeadAttention, gelu

Norm = tuple[np.ndarray, np.ndarray]  # gain (D,), bias (D,)


def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, epsilon: float = 1e-5) -> np.ndarray:
    """Each day on its own scale: (x − μ) / √(σ² + ε) · gain + bias, with μ and σ² over the D numbers of that day."""
    # μ = Σ_d x_d / D,   σ² = Σ_d (x_d − μ)² / D: a description of these D numbers, not an estimate, so no D − 1
    mean = x.mean(-1, keepdims=True)  # (…, L, D) -> (…, L, 1)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)  # (…, L, D) -> (…, L, 1)

    # ε stands under the root, in units of x²: a day of returns near .003 is small beside √ε
    return (x - mean) / np.sqrt(variance + epsilon) * gain + bias  # (…, L, 1) -> (…, L, D)


def feed_forward(x: np.ndarray, expand: Linear, contract: Linear) -> np.ndarray:
    """Think: GELU(x W₁ + b₁) W₂ + b₂, the same two layers for every day, and no day sees another."""
    hidden = gelu(x @ expand.weight + expand.bias)  # (…, L, D) (D, F) -> (…, L, F)
    return hidden @ contract.weight + contract.bias  # (…, L, F) (F, D) -> (…, L, D)


def encoder_layer(
    x: np.ndarray,
    attention: MultiHeadAttention,
    expand: Linear,
    contract: Linear,
    norms: tuple[Norm, Norm],
    mask: np.ndarray | None = None,
    epsilon: float = 1e-5,
) -> np.ndarray:
    """Look around, then think: (…, L, D) -> (…, L, D).

    Both branches read the stream through a norm and add to it; nothing replaces it ("pre-norm": Xiong et al. 2020).
    `attention.forward(z, mask=mask)` returns what was heard, (…, L, D), and the weights; `norms` holds (gain, bias) of
    the first and of the second norm. The mask is True where a day may look.
    """
    first, second = norms

    # x ← x + Attention(LayerNorm₁(x)): the only place where days meet
    heard, _ = attention.forward(layer_norm(x, *first, epsilon), mask=mask)  # (…, L, D)
    x = x + heard

    # x ← x + FeedForward(LayerNorm₂(x)): every day by itself
    return x + feed_forward(layer_norm(x, *second, epsilon), expand, contract)
