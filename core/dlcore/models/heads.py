"""What a network says of a sample, and how wrong it was: one head for each thing that is said.

In come what a body found out about a window, and targets of which some are not known; out come answers by name, and one
loss for each sample, to which an unknown target adds nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from dlcore.windows import Windows


def _squared(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return (said[:, 0] - wanted) ** 2  # (B, 1), (B,) to (B,)


def _up_or_down(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(said[:, 0], wanted, reduction="none")  # (B, 1), (B,) to (B,)


def _one_of_three(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(said, wanted.long() + 1, reduction="none")  # (B, 3), (B,) of -1, 0, 1 to (B,)


@dataclass(frozen=True)
class Head:
    """How wide it speaks, what it is blamed for, and whether its target is standardised before."""

    width: int
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    scaled: bool


HEADS = {
    "return": Head(1, _squared, True),  # the target of the windows, whatever the label is
    "direction": Head(1, _up_or_down, False),  # whether that target is above zero
    "volatility": Head(1, _squared, True),
    "regime": Head(3, _one_of_three, False),
}
CLASSES = torch.tensor([-1.0, 0.0, 1.0])
FURTHER = ("volatility", "regime")  # learn from labels of their own


class Headed(nn.Module):
    """A body and its heads: one linear layer each.

    Parameters
    ----------
    body : nn.Module
        From (batch, length, features) to (batch, width).
    width : int
    heads : sequence of str
        Of `HEADS`.
    """

    def __init__(self, body: nn.Module, width: int, heads: Sequence[str]) -> None:
        super().__init__()
        self.body = body
        self.heads = nn.ModuleDict({name: nn.Linear(width, HEADS[name].width) for name in heads})

    def forward(self, windows: torch.Tensor) -> dict[str, torch.Tensor]:
        """(B, L, F) to what each head says, float32 (B, its width)."""
        found = self.body(windows)  # (B, D)
        return {name: head(found).float() for name, head in self.heads.items()}


def multi_task_loss(
    said: Mapping[str, torch.Tensor],
    wanted: Mapping[str, torch.Tensor],
    spreads: Mapping[str, float] | None = None,
    weight: float = 1.0,
) -> torch.Tensor:
    """The return's loss plus `weight` times that of each other head.

    Parameters
    ----------
    said : mapping of str to tensor (batch, width of the head)
        By names of `HEADS`; numbers, or logits.
    wanted : mapping of str to tensor (batch,)
        Has every name of `said`. A direction is 0 or 1, a regime -1, 0 or 1. NaN is not known and adds nothing, neither
        to the loss nor to a gradient.
    spreads : mapping of str to float, optional
        By how much return and volatility are divided, both what is said and what is wanted: their standard deviation
        on the training period, so that a weight of 1 means the same for all. 1 where not given, as for targets that
        were standardised before.
    weight : float
        Of every head but the return's.

    Returns
    -------
    Tensor (batch,)

    Raises
    ------
    ValueError
        For a head that is not in `HEADS`, one without a target, or a spread that is not above zero.

    References
    ----------
    Caruana, "Multitask learning", Machine Learning 28 (1997).
    """
    if odd := sorted(set(said) - HEADS.keys() | set(said) - set(wanted)):
        raise ValueError(f"head {odd[0]!r} is not known or has no target: give some of {', '.join(HEADS)}, with wanted")
    spreads = spreads or {}
    if odd := [name for name in said if not spreads.get(name, 1.0) > 0]:
        raise ValueError(f"spreads[{odd[0]!r}]={spreads[odd[0]]!r} is not allowed: give a number above 0")
    each = [_weighted(name, said[name], wanted[name], spreads.get(name, 1.0), weight) for name in said]
    return torch.stack(each).sum(0)  # (heads, B) to (B,)


def _weighted(name: str, answer: torch.Tensor, target: torch.Tensor, spread: float, weight: float) -> torch.Tensor:
    """One head's share of the loss, (batch,)."""
    scale, known = (spread if HEADS[name].scaled else 1.0), torch.isfinite(target)
    loss = HEADS[name].loss(answer / scale, torch.where(known, target, 0) / scale)
    return torch.where(known, loss, 0) * (1.0 if name == "return" else weight)


def head_targets(windows: "Windows", name: str) -> torch.Tensor:
    """What a head is to say of each sample, in the label's units, float32 (samples,); NaN where not known.

    Raises
    ------
    ValueError
        For a regime that is none of -1, 0 and 1.
    """
    targets = torch.as_tensor(windows.targets)
    if name == "return":
        return targets
    if name == "direction":
        return torch.where(torch.isfinite(targets), (targets > 0).float(), torch.nan)
    further = torch.as_tensor(windows.further[name])
    if (
        name == "regime"
        and (odd := further[torch.isfinite(further) & ~torch.isin(further, CLASSES.to(further))]).numel()
    ):
        raise ValueError(f"regime={float(odd[0]):g} is not allowed: give -1, 0 or 1, or NaN where it is not known")
    return further
