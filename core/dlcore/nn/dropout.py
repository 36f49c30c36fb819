"""Dropout that costs less than the layers around it: on the CPU a coin of sixteen bits instead of a drawn float."""

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Dropout", "check_dropout", "dropout"]


def dropout(x: Tensor, p: float) -> Tensor:
    """Each number is lost with probability p, or else grows by 1/(1 − p), so that its expectation stays.

    Draws from torch's generator of the device (`torch.manual_seed`). On the CPU, in float32 and float64, p is a
    multiple of 1/65536, and the growth follows it exactly; elsewhere this is `torch.nn.functional.dropout`, which takes
    two to three times as long there.

    Parameters
    ----------
    x : Tensor, any shape
    p : float
        From 0 to below 1.

    Returns
    -------
    Tensor
        Of the shape and dtype of `x`; `x` itself for p = 0.

    Raises
    ------
    ValueError
        For another p.

    References
    ----------
    Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, JMLR 15 (2014).
    """
    check_dropout(p)
    if p == 0:
        return x
    if x.device.type != "cpu" or x.dtype not in (torch.float32, torch.float64):
        return functional.dropout(x, p)
    lost = min(round(65536 * p), 65535)  # of 65536 equally likely coins
    words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)  # four coins in each
    coins = words.view(torch.int16)[: x.numel()].view(x.shape)  # from -32768 to 32767
    return x * ((coins >= lost - 32768).to(x.dtype) * (65536 / (65536 - lost)))


class Dropout(nn.Module):
    """`dropout` in training, nothing in evaluation."""

    def __init__(self, p: float) -> None:
        super().__init__()
        check_dropout(p)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """(…) → (…)."""
        return dropout(x, self.p) if self.training else x


def check_dropout(p: float) -> None:
    """Refuse what is no share below one."""
    if not 0 <= p < 1:
        raise ValueError(f"dropout={p} is not allowed: give a number from 0 to below 1")
