"""What every network is made of: a linear map, a bend, a loss, and the gradient of each.

In come arrays with any leading batch shape, float32 or float64; out come arrays of the same precision. Nothing is
remembered between calls: a backward function is given what the forward one was given, and the gradient at its output.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Linear",
    "gelu",
    "gelu_derivative",
    "gelu_tanh",
    "gelu_tanh_derivative",
    "linear",
    "linear_backward",
    "mae",
    "mse",
    "relu",
    "relu_derivative",
]

Floats = NDArray[np.floating]

_TANH_SCALE, _TANH_CUBE = np.sqrt(2 / np.pi), 0.044715


def linear(x: ArrayLike, weight: ArrayLike, bias: ArrayLike) -> Floats:
    """A linear map with an offset, ``x @ weight + bias``.

    Parameters
    ----------
    x : array_like, shape (…, I)
        NaN spreads to every output of its row.
    weight : array_like, shape (I, O)
        The transpose of `torch.nn.Linear.weight`.
    bias : array_like, shape (O,)

    Returns
    -------
    ndarray, shape (…, O)

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    x, weight, bias = floats(x), floats(weight), floats(bias)
    _check_shapes(x, weight)
    if bias.shape != weight.shape[1:]:
        raise ValueError(f"bias has shape {bias.shape}, weight {weight.shape}: give one bias per output")
    return x @ weight + bias  # (…, O)


def linear_backward(x: ArrayLike, weight: ArrayLike, upstream: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Gradients of `linear` with respect to its input, its weight and its bias.

    ``dx = g Wᵀ``, ``dW = Σ xᵀ g`` and ``db = Σ g``, summed over all leading axes: a weight is used once per row, and
    answers for each use.

    Parameters
    ----------
    x : array_like, shape (…, I)
        What the forward pass was given.
    weight : array_like, shape (I, O)
        As it was in the forward pass, not as an optimiser has left it since.
    upstream : array_like, shape (…, O)
        Gradient of the loss with respect to the output.

    Returns
    -------
    (ndarray (…, I), ndarray (I, O), ndarray (O,))

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    x, weight, upstream = floats(x), floats(weight), floats(upstream)
    _check_shapes(x, weight)
    if upstream.shape != (*x.shape[:-1], weight.shape[1]):
        raise ValueError(f"upstream has shape {upstream.shape}: the output has {(*x.shape[:-1], weight.shape[1])}")
    rows, gradients = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, upstream.shape[-1])  # (R, I) (R, O)
    return upstream @ weight.T, rows.T @ gradients, gradients.sum(0)


@dataclass(frozen=True)
class Linear:
    """A linear layer, or the gradient of one: the two have the same two arrays.

    Attributes
    ----------
    weight : ndarray, shape (I, O)
    bias : ndarray, shape (O,)
    """

    weight: Floats
    bias: Floats

    @classmethod
    def random(cls, inputs: int, outputs: int, rng: np.random.Generator, *, gain: float = 2.0) -> "Linear":
        """Weights of variance ``gain / inputs``, biases zero, in float64.

        The default keeps the spread of what passes through a stack of ReLU layers (He et al., ICCV 2015, equation 10);
        1 does so for a layer without a bend.
        """
        for name, value in (("inputs", inputs), ("outputs", outputs)):
            if value < 1:
                raise ValueError(f"{name}={value} is not allowed: give an integer ≥ 1")
        return cls(rng.normal(size=(inputs, outputs)) * np.sqrt(gain / inputs), np.zeros(outputs))

    def forward(self, x: ArrayLike) -> Floats:
        """As `linear`: (…, I) → (…, O)."""
        return linear(x, self.weight, self.bias)

    def backward(self, x: ArrayLike, upstream: ArrayLike) -> tuple[Floats, "Linear"]:
        """As `linear_backward`: the gradient at the input, (…, I), and those of weight and bias."""
        down, weight, bias = linear_backward(x, self.weight, upstream)
        return down, Linear(weight, bias)


def relu(x: ArrayLike) -> Floats:
    """Rectified linear unit, ``max(x, 0)``; any shape; NaN stays NaN."""
    return np.maximum(floats(x), 0)


def relu_derivative(x: ArrayLike) -> Floats:
    """Slope of `relu`: 1 above zero, else 0 (at zero too, as torch has it); any shape; NaN stays NaN."""
    x = floats(x)
    return np.where(np.isnan(x), x, x > 0).astype(x.dtype)


def gelu(x: ArrayLike) -> Floats:
    """Gaussian error linear unit, ``x Φ(x)`` with Φ the normal distribution function; any shape; NaN stays NaN.

    Hendrycks and Gimpel, *Gaussian error linear units*, arXiv 1606.08415 (2016), section 2.
    """
    from scipy.special import ndtr

    x = floats(x)
    return x * ndtr(x)


def gelu_derivative(x: ArrayLike) -> Floats:
    """Slope of `gelu`, ``Φ(x) + x φ(x)``; steepest, 1.129, at √2; any shape; NaN stays NaN."""
    from scipy.special import ndtr

    x = floats(x)
    return ndtr(x) + x * np.exp(-(x**2) / 2) / x.dtype.type(np.sqrt(2 * np.pi))


def gelu_tanh(x: ArrayLike) -> Floats:
    """`gelu` with the distribution function approximated by a tanh; differs by at most .00047; any shape.

    ``x (1 + tanh(√(2/π) (x + .044715 x³))) / 2``: Hendrycks and Gimpel (2016), section 2.
    """
    x = floats(x)
    return x * (1 + np.tanh(_inner(x))) / 2


def gelu_tanh_derivative(x: ArrayLike) -> Floats:
    """Slope of `gelu_tanh`, by the product and the chain rule; any shape; NaN stays NaN."""
    x = floats(x)
    bend = np.tanh(_inner(x))
    inner_slope = x.dtype.type(_TANH_SCALE) * (1 + 3 * x.dtype.type(_TANH_CUBE) * x**2)
    return (1 + bend) / 2 + x * (1 - bend**2) * inner_slope / 2


def mse(prediction: ArrayLike, target: ArrayLike) -> tuple[float, Floats]:
    """Mean squared error over *all* elements, and its gradient.

    ``L = Σ (p − t)² / n`` and ``dL/dp = 2 (p − t) / n`` with the same n, the number of elements and not of rows.

    Parameters
    ----------
    prediction, target : array_like, one shape
        NaN makes both results NaN: leave rows without a target out before.

    Returns
    -------
    (float, ndarray of the shape of `prediction`)

    Raises
    ------
    ValueError
        If the shapes differ, or there is nothing to average.
    """
    error = _error(prediction, target)
    return float(np.mean(error**2)), 2 * error / error.dtype.type(error.size)


def mae(prediction: ArrayLike, target: ArrayLike) -> tuple[float, Floats]:
    """Mean absolute error over all elements, and its gradient, ``sign(p − t) / n``, zero where they are equal.

    Parameters, results and errors as `mse`.
    """
    error = _error(prediction, target)
    return float(np.mean(np.abs(error))), np.sign(error) / error.dtype.type(error.size)


def floats(x: ArrayLike) -> Floats:
    """An array as float32 or float64; whole numbers become float64, anything else is refused."""
    array = np.asarray(x)
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype {array.dtype} is not allowed: give float32 or float64")
    return array


def _inner(x: Floats) -> Floats:
    return x.dtype.type(_TANH_SCALE) * (x + x.dtype.type(_TANH_CUBE) * x**3)


def _error(prediction: ArrayLike, target: ArrayLike) -> Floats:
    prediction, target = floats(prediction), floats(target)
    if prediction.shape != target.shape:
        raise ValueError(f"prediction has shape {prediction.shape}, target {target.shape}: give both one shape")
    if prediction.size == 0:
        raise ValueError("prediction is empty: there is nothing to average")
    return prediction - target


def _check_shapes(x: Floats, weight: Floats) -> None:
    if x.ndim < 1 or weight.ndim != 2 or x.shape[-1] != weight.shape[0]:
        raise ValueError(f"x has shape {x.shape}, weight {weight.shape}: give (…, inputs) and (inputs, outputs)")
