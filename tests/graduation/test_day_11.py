"""Day 11's attention and the one for use: the same slopes at everything that goes in, dead rows and holes included."""

import numpy as np
import pytest
import torch
from cases import _asked, _multi_head_in_torch, _tokens

from challenges.day_11 import attention as lesson
from dlcore.nn import MultiHeadAttention, attention


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("by_hand", [lesson.attention, lesson.fused_attention])
@pytest.mark.parametrize("kernel", ["explicit", "fused"])
def test_slopes_of_attention_agree(seed, by_hand, kernel):
    torch.manual_seed(seed)
    case = _asked(np.random.default_rng(seed))
    mask, slopes = case.pop("mask"), []
    upstream = torch.randn(*case["q"].shape[:-1], case["v"].shape[-1], dtype=torch.float64)
    for one, options in ((by_hand, {}), (attention, {"kernel": kernel})):
        leaves = {name: tensor.clone().requires_grad_() for name, tensor in case.items()}
        (one(**leaves, mask=mask, **options) * upstream).sum().backward()
        slopes.append([leaf.grad for leaf in leaves.values()])
    for ours, theirs in zip(*slopes, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_slopes_of_many_heads_agree(seed):
    case = _tokens(np.random.default_rng(seed))
    slopes = []
    for one in (lesson.multi_head, _multi_head_in_torch):
        x = case["x"].clone().requires_grad_()
        one(**(case | {"x": x})).pow(2).sum().backward()
        slopes.append(x.grad)
    torch.testing.assert_close(*slopes, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("causal", [False, True])
def test_the_modules_agree_with_the_same_weights(causal):
    torch.manual_seed(0)
    ours, theirs = lesson.MultiHeadAttention(6, 3, causal), MultiHeadAttention(6, 3, causal=causal)
    theirs.load_state_dict(ours.state_dict())
    x, present = torch.randn(2, 5, 6), torch.tensor([[True, False, True, True, True], [False, True, True, False, True]])
    torch.testing.assert_close(ours(x, present), theirs(x, present=present), rtol=1e-5, atol=1e-6)
