"""AdamW, and what of a module decays.

In comes a module, out comes its optimiser. Decay pulls a weight towards zero, which makes sense for factors in a sum; a
bias, the gain of a norm and a row of a table of embeddings are no such factors.
"""

from typing import TYPE_CHECKING

from dlcore.training.config import TrainingConfig

if TYPE_CHECKING:
    import torch
    from torch import nn


def make_optimiser(module: "nn.Module", config: TrainingConfig) -> "torch.optim.AdamW":
    """AdamW over what can be trained; matrices called weight decay, and neither vectors nor embeddings nor tables do.

    Raises
    ------
    ValueError
        For a module without trainable weights.
    """
    import torch
    from torch import nn

    tables = {id(w) for part in module.modules() if isinstance(part, nn.Embedding) for w in part.parameters()}
    decaying, others = [], []
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            factor = weight.ndim > 1 and "weight" in name.rpartition(".")[2] and id(weight) not in tables
            (decaying if factor else others).append(weight)
    if not decaying and not others:
        raise ValueError(f"{type(module).__name__} has no trainable weight: there is nothing to learn")
    groups = [{"params": decaying}, {"params": others, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
