"""The course's networks by hand, in numpy: layers forward and backward, and the tools that check them.

In come arrays with any leading batch shape, float32 or float64; out come values and gradients. Nothing here needs
torch.
"""

from dlcore.handwritten.gradcheck import gradient_check, numerical_gradient
from dlcore.handwritten.layers import (
    Linear,
    gelu,
    gelu_derivative,
    gelu_tanh,
    gelu_tanh_derivative,
    linear,
    linear_backward,
    mae,
    mse,
    relu,
    relu_derivative,
)

__all__ = [
    "Linear",
    "gelu",
    "gelu_derivative",
    "gelu_tanh",
    "gelu_tanh_derivative",
    "gradient_check",
    "linear",
    "linear_backward",
    "mae",
    "mse",
    "numerical_gradient",
    "relu",
    "relu_derivative",
]
