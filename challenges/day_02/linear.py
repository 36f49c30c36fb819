"""One layer by hand: a linear map, a bend, a loss, and every slope of them.

In:  rows of features, weights, and the slope of the loss at a layer's output.
Out: outputs, losses, and the slope of the loss at everything that went in.
Shapes: n rows, I inputs, O outputs.
"""

import numpy as np
from scipy.special import erf

# --- the linear map ---


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """y = x W + b, (n, O)."""
    return x @ weight + bias  # (n, I) (I, O) + (O,) -> (n, O)


def linear_backward(x: np.ndarray, weight: np.ndarray, upstream: np.ndarray) -> tuple[np.ndarray, ...]:
    """(∂L/∂x, ∂L/∂W, ∂L/∂b) from g = ∂L/∂y, shapes (n, I), (I, O), (O,).

    Every row used W and b once, so every row's demand on them is added: sums over rows, never means. What is to be a
    mean, the loss decides.
    """
    # y_no = Σ_i x_ni W_io + b_o   ⇒   ∂L/∂x_ni = Σ_o g_no W_io
    dx = upstream @ weight.T  # (n, O) (O, I) -> (n, I)

    # ∂L/∂W_io = Σ_n x_ni g_no
    dweight = x.T @ upstream  # (I, n) (n, O) -> (I, O)

    # ∂L/∂b_o = Σ_n g_no
    dbias = upstream.sum(0)  # (O,)
    return dx, dweight, dbias


# --- the bend ---


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0): half of the line is flat, and a unit that lives there has no slope to leave by."""
    return np.maximum(x, 0)


def relu_derivative(x: np.ndarray) -> np.ndarray:
    """1 above zero, else 0."""
    return (x > 0).astype(float)


def gelu(x: np.ndarray) -> np.ndarray:
    """x Φ(x): the input, times the share of bell-curve shocks that lie below it. Hendrycks and Gimpel (2016)."""
    return x * normal_cdf(x)


def gelu_derivative(x: np.ndarray) -> np.ndarray:
    """Φ(x) + x φ(x), by the product rule."""
    return normal_cdf(x) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    """GELU with Φ(x) ≈ (1 + tanh u) / 2, u = √(2/π) (x + 0.044715 x³): what many a library means by its name."""
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """Φ(x), the share of a bell curve below x."""
    return (1 + erf(x / np.sqrt(2))) / 2


# --- the loss: means over all elements, and slopes that know it ---


def mse(prediction: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """(L, ∂L/∂p) for L = Σ (p − t)² / size, size counting every element, not every row."""
    error = prediction - target
    return float(np.mean(error**2)), 2 * error / error.size


def mae(prediction: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """(L, ∂L/∂p) for L = Σ |p − t| / size; at p = t the slope is 0, not 0/0."""
    error = prediction - target
    return float(np.mean(np.abs(error))), np.sign(error) / error.size
