"""A network of several layers by hand: forward, backward, Adam, and stopping in time.

In:  rows of features and targets, layers as pairs (weight, bias).
Out: forecasts, slopes of the loss at every weight, layers that have learned.
Shapes: n rows, I inputs, H units, O outputs.
"""

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]


def fresh(sizes: tuple[int, ...], rng: np.random.Generator) -> Layers:
    """Random layers, (I, H) (H,) each: weights of variance 2/I keep the spread through a ReLU, 1/I after the last."""
    gains = [2.0] * (len(sizes) - 2) + [1.0]
    pairs = zip(sizes[:-1], sizes[1:], gains, strict=True)
    return [(rng.normal(size=(i, o)) * np.sqrt(gain / i), np.zeros(o)) for i, o, gain in pairs]


def quiet(layers: Layers) -> Layers:
    """The same layers with the last one at zero: a network that begins by forecasting nothing."""
    return [*layers[:-1], tuple(np.zeros_like(p) for p in layers[-1])]


def forward(x: np.ndarray, layers: Layers) -> list[np.ndarray]:
    """What enters each layer, and what leaves the last: h₀ = x, h_k = ReLU(h_{k−1} W_k + b_k), no bend at the end."""
    entered = [x]  # (n, I)
    for k, (weight, bias) in enumerate(layers):
        z = entered[-1] @ weight + bias  # (n, I) (I, H) -> (n, H)
        entered.append(z if k == len(layers) - 1 else np.maximum(z, 0))
    return entered


def backward(entered: list[np.ndarray], layers: Layers, upstream: np.ndarray) -> Layers:
    """∂L/∂W and ∂L/∂b of every layer, from ∂L/∂output: Day 2's three formulas, from the last layer to the first."""
    slopes = []
    for k in range(len(layers) - 1, -1, -1):
        slopes.insert(0, (entered[k].T @ upstream, upstream.sum(0)))  # (I, H) (H,)

        # back through the weights, then through the bend: only units that spoke pass anything on
        upstream = (upstream @ layers[k][0].T) * (entered[k] > 0)  # (n, H) -> (n, I)
    return slopes


def adam_step(
    parameter: np.ndarray,
    gradient: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    step: int,
    *,
    rate: float = 1e-3,
    decay: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(new parameter, new mean, new square), all in the parameter's shape. Kingma and Ba (2015); step is 1 at first.

    m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − rate · m̂ / (√v̂ + ε),
    with m̂ = m / (1 − β₁ᵏ) and v̂ = v / (1 − β₂ᵏ) at step k. Returned are mean and square as kept, m and v, not as
    corrected; ε stands outside the root.
    """
    # m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
    mean = decay[0] * mean + (1 - decay[0]) * gradient
    square = decay[1] * square + (1 - decay[1]) * gradient**2

    # both began at zero: after k steps they hold 1 − βᵏ of what they will
    m, v = mean / (1 - decay[0] ** step), square / (1 - decay[1] ** step)

    # p ← p − rate · m / (√v + ε): the slope's direction, at its usual size one
    return parameter - rate * m / (np.sqrt(v) + epsilon), mean, square


def train(x, y, x_late, y_late, layers, rng, *, epochs=200, rate=1e-3, batch=64, patience=10):
    """(layers, losses): the layers as they were when the later rows' loss was lowest; losses (epochs, 2)."""
    layers = list(layers)
    state = [tuple(np.zeros((2, *p.shape)) for p in layer) for layer in layers]  # mean and square of each array
    best, kept, losses, step = np.inf, layers, [], 0

    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), max(len(x) // batch, 1)):
            step += 1
            entered = forward(x[rows], layers)
            slopes = backward(entered, layers, 2 * (entered[-1] - y[rows]) / y[rows].size)  # of the mean square
            for k, layer in enumerate(layers):
                moved = [
                    adam_step(p, g, *s, step, rate=rate) for p, g, s in zip(layer, slopes[k], state[k], strict=True)
                ]
                layers[k] = tuple(m[0] for m in moved)
                state[k] = tuple(m[1:] for m in moved)

        losses.append([np.mean((forward(a, layers)[-1] - b) ** 2) for a, b in ((x, y), (x_late, y_late))])
        if losses[-1][1] < best:  # the later rows decide when to stop, and nothing else
            best, kept = losses[-1][1], list(layers)
        if len(losses) - np.argmin([late for _, late in losses]) > patience:
            break
    return kept, np.array(losses)
