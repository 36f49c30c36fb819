"""LayerNorm's rows, compiled: CPU tensors of float32 or float64 in, their normalised rows and gradients out.

Each row is read twice while it lies in the nearest cache: once for its mean, once for its spread about the mean
(never the difference of two large sums). Gradients of gain and bias are added up over blocks of rows, and then over
the blocks, which loses fewer digits than one long sum.
"""

import numpy as np
import torch
from numba import njit
from torch import Tensor

BLOCK = 256  # rows whose gradients of gain and bias are summed before sums are added


def forward(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Output (…, D), and mean and 1/√(σ² + ε) of each row, (R,)."""
    rows = x.reshape(-1, x.shape[-1]).contiguous()  # (R, D)
    out = torch.empty_like(rows)
    mean, rate = rows.new_empty(2, len(rows))
    normalise_rows(epsilon, *_arrays(rows, weight, bias, out, mean, rate))
    return out.view(x.shape), mean, rate


def backward(x: Tensor, weight: Tensor, upstream: Tensor, mean: Tensor, rate: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients at the input (…, D), the gain and the bias (D,)."""
    rows, up = (t.reshape(-1, x.shape[-1]).contiguous() for t in (x, upstream))  # (R, D)
    down = torch.empty_like(rows)
    sums = rows.new_zeros(-(-len(rows) // BLOCK), 2, x.shape[-1])  # (blocks, 2, D)
    gradient_rows(BLOCK, *_arrays(rows, weight, up, mean, rate, down, sums))
    dgain, dbias = sums.sum(0)
    return down.view(x.shape), dgain, dbias


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def normalise_rows(epsilon, x, gain, bias, out, mean, rate):
    """Fill out (R, D), and each row's mean and 1/√(σ² + ε), (R,) both."""
    width = x.shape[1]
    share = x.dtype.type(1) / x.dtype.type(width)
    small = x.dtype.type(epsilon)
    for r in range(len(x)):
        row, result = x[r], out[r]
        total = x.dtype.type(0)
        for i in range(width):
            total += row[i]
        middle = total * share
        squares = x.dtype.type(0)
        for i in range(width):
            squares += (row[i] - middle) * (row[i] - middle)
        scale = x.dtype.type(1) / np.sqrt(squares * share + small)
        for i in range(width):
            result[i] = (row[i] - middle) * scale * gain[i] + bias[i]
        mean[r], rate[r] = middle, scale


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def gradient_rows(block, x, gain, upstream, mean, rate, down, sums):
    """Fill down (R, D), and add what each block of rows says to its two rows of sums (., 2, D)."""
    width = x.shape[1]
    share = x.dtype.type(1) / x.dtype.type(width)
    for r in range(len(x)):
        row, up, result = x[r], upstream[r], down[r]
        dgain, dbias = sums[r // block, 0], sums[r // block, 1]
        middle, scale = mean[r], rate[r]
        level = x.dtype.type(0)
        along = x.dtype.type(0)
        for i in range(width):
            z = (row[i] - middle) * scale
            h = up[i] * gain[i]
            level += h
            along += h * z
            dgain[i] += up[i] * z
            dbias[i] += up[i]
        level *= share
        along *= share
        for i in range(width):
            result[i] = (up[i] * gain[i] - level - (row[i] - middle) * scale * along) * scale


def _arrays(*tensors: Tensor) -> list[np.ndarray]:
    """The same memory, seen by numpy."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]
