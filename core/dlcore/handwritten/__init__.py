"""The course's networks by hand, in numpy: layers forward and backward, and the tools that check them.

In come arrays with any leading batch shape, float32 or float64; out come values and gradients. Nothing here needs
torch.
"""

from dlcore.handwritten.attention import (
    MultiHeadAttention,
    attention,
    attention_backward,
    merge_heads,
    softmax,
    softmax_backward,
    split_heads,
)
from dlcore.handwritten.autograd import Tensor, unbroadcast
from dlcore.handwritten.encoder import EncoderLayer, feed_forward
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
from dlcore.handwritten.mlp import MLP, Adam, adam_step, fit
from dlcore.handwritten.norm import layer_norm, layer_norm_backward
from dlcore.handwritten.positional import learned, learned_backward, rotary, rotary_backward, sinusoidal

__all__ = [
    "MLP",
    "Adam",
    "EncoderLayer",
    "Linear",
    "MultiHeadAttention",
    "Tensor",
    "adam_step",
    "attention",
    "attention_backward",
    "feed_forward",
    "fit",
    "gelu",
    "gelu_derivative",
    "gelu_tanh",
    "gelu_tanh_derivative",
    "gradient_check",
    "layer_norm",
    "layer_norm_backward",
    "learned",
    "learned_backward",
    "linear",
    "linear_backward",
    "mae",
    "merge_heads",
    "mse",
    "numerical_gradient",
    "relu",
    "relu_derivative",
    "rotary",
    "rotary_backward",
    "sinusoidal",
    "softmax",
    "softmax_backward",
    "split_heads",
    "unbroadcast",
]
