"""A multi-layer perceptron and the walk downhill: forward, backward, Adam, and stopping in time.

In come rows of features and targets, out comes a network. It takes the mean squared error of one or several outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from dlcore.handwritten.layers import Floats, Linear, floats, mse, relu, relu_derivative

__all__ = ["MLP", "Adam", "adam_step", "fit"]


@dataclass(frozen=True)
class MLP:
    """Linear layers with a ReLU between them, none after the last; or the gradient of one.

    Attributes
    ----------
    layers : tuple of Linear
    """

    layers: tuple[Linear, ...]

    @classmethod
    def random(cls, sizes: Sequence[int], rng: np.random.Generator) -> "MLP":
        """One layer between each pair of neighbouring sizes, such as ``(20, 32, 1)``; the last with gain 1."""
        if len(sizes) < 2:
            raise ValueError(f"sizes={tuple(sizes)} is not allowed: give at least inputs and outputs")
        last = len(sizes) - 2
        pairs = enumerate(pairwise(sizes))
        return cls(tuple(Linear.random(i, o, rng, gain=1.0 if k == last else 2.0) for k, (i, o) in pairs))

    def forward(self, x: ArrayLike) -> Floats:
        """(…, I) → (…, O)."""
        x = floats(x)
        for layer in self.layers[:-1]:
            x = relu(layer.forward(x))
        return self.layers[-1].forward(x)

    def backward(self, x: ArrayLike, upstream: ArrayLike) -> tuple[Floats, "MLP"]:
        """Gradients at the input, (…, I), and at the weights, from the gradient at the output, (…, O)."""
        inputs, bends = [floats(x)], []
        for layer in self.layers[:-1]:
            bends.append(layer.forward(inputs[-1]))
            inputs.append(relu(bends[-1]))
        down, gradient = self.layers[-1].backward(inputs[-1], upstream)
        gradients = [gradient]
        for layer, given, bent in zip(self.layers[-2::-1], inputs[-2::-1], bends[::-1], strict=True):
            down, gradient = layer.backward(given, down * relu_derivative(bent))
            gradients.insert(0, gradient)
        return down, MLP(tuple(gradients))

    def parameters(self) -> list[Floats]:
        """The arrays themselves, weight and bias of each layer in order: what changes them changes the network."""
        return [array for layer in self.layers for array in (layer.weight, layer.bias)]


def adam_step(
    parameter: Floats,
    gradient: Floats,
    mean: Floats,
    square: Floats,
    step: int,
    *,
    rate: float = 1e-3,
    decay: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
) -> tuple[Floats, Floats, Floats]:
    """One step of Adam for one array: the new parameter, and the new running means of gradient and squared gradient.

    ``m ← β₁ m + (1 − β₁) g``, ``v ← β₂ v + (1 − β₂) g²``, each divided by ``1 − β^step`` because it began at zero, and
    ``p − rate · m̂ / (√v̂ + ε)``: the first step is `rate` long whatever the gradient's size.

    Parameters
    ----------
    parameter, gradient, mean, square : ndarray, one shape
        None of them is changed; `mean` and `square` begin at zero.
    step : int
        1 for the first.
    rate, decay, epsilon : float, (float, float), float

    Returns
    -------
    (ndarray, ndarray, ndarray)

    References
    ----------
    Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015, algorithm 1.
    """
    if step < 1:
        raise ValueError(f"step={step} is not allowed: the first step is 1")
    mean = decay[0] * mean + (1 - decay[0]) * gradient
    square = decay[1] * square + (1 - decay[1]) * gradient**2
    unbiased_mean, unbiased_square = mean / (1 - decay[0] ** step), square / (1 - decay[1] ** step)
    return parameter - rate * unbiased_mean / (np.sqrt(unbiased_square) + epsilon), mean, square


class Adam:
    """`adam_step` for a list of arrays, changed in place; each has running means of its own.

    Parameters
    ----------
    parameters : sequence of ndarray
    rate, decay, epsilon
        As in `adam_step`.
    """

    def __init__(
        self,
        parameters: Sequence[Floats],
        *,
        rate: float = 1e-3,
        decay: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        if not rate > 0:
            raise ValueError(f"rate={rate} is not allowed: give a number above 0")
        self._parameters, self._steps = list(parameters), 0
        self._means = [np.zeros_like(p) for p in self._parameters]
        self._squares = [np.zeros_like(p) for p in self._parameters]
        self._rate, self._decay, self._epsilon = rate, decay, epsilon

    def step(self, gradients: Sequence[Floats]) -> None:
        """Walk one step against `gradients`, one for each parameter, in their order."""
        if len(gradients) != len(self._parameters):
            raise ValueError(f"{len(gradients)} gradients for {len(self._parameters)} parameters: give one for each")
        self._steps += 1
        for i, (parameter, gradient) in enumerate(zip(self._parameters, gradients, strict=True)):
            parameter[...], self._means[i], self._squares[i] = adam_step(
                parameter, gradient, self._means[i], self._squares[i], self._steps,
                rate=self._rate, decay=self._decay, epsilon=self._epsilon,
            )  # fmt: skip


def fit(
    network: MLP,
    train: tuple[ArrayLike, ArrayLike],
    validation: tuple[ArrayLike, ArrayLike],
    rng: np.random.Generator,
    *,
    epochs: int = 100,
    batch: int = 64,
    rate: float = 1e-3,
    patience: int = 10,
) -> tuple[MLP, list[tuple[float, float]]]:
    """Train by Adam on shuffled batches, and return the network as it was at its best on the validation rows.

    Parameters
    ----------
    network : MLP
        The start; it is not changed.
    train, validation : pairs of array_like, (n, I) and (n, O)
        The validation rows decide when to stop and nothing else; they come after the training rows in time.
    rng : numpy Generator
        Decides the order of the rows.
    epochs, batch, patience : int
        At most so many passes; rows in a step; passes without improvement before stopping.
    rate : float
        Adam's.

    Returns
    -------
    (MLP, list of (train loss, validation loss))
        One pair of losses for each pass; the first before any step.
    """
    (x, y), (x_late, y_late) = (tuple(floats(a) for a in pair) for pair in (train, validation))
    now = _copied(network)
    adam, kept, best, since = Adam(now.parameters(), rate=rate), network, np.inf, 0
    history: list[tuple[float, float]] = []
    for epoch in range(epochs + 1):
        if epoch:
            _one_pass(now, adam, x, y, rng, batch)
        history.append((mse(now.forward(x), y)[0], mse(now.forward(x_late), y_late)[0]))
        since += 1
        if history[-1][1] < best:
            kept, best, since = _copied(now), history[-1][1], 0
        if since >= patience:
            break
    return kept, history


def _one_pass(network: MLP, adam: Adam, x: Floats, y: Floats, rng: np.random.Generator, batch: int) -> None:
    """Every row once, in a fresh order."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch):
        rows = order[start : start + batch]
        _, up = mse(network.forward(x[rows]), y[rows])
        adam.step(network.backward(x[rows], up)[1].parameters())


def _copied(network: MLP) -> MLP:
    return MLP(tuple(Linear(layer.weight.copy(), layer.bias.copy()) for layer in network.layers))
