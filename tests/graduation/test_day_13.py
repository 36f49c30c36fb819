"""Day 13's loss has the graduate's slopes, unknown targets included, and its heads the graduate's answers."""

import numpy as np
import pytest
import torch
from cases import CASES
from torch import nn

from challenges.day_13 import heads as lesson
from dlcore.models import heads as graduate


@pytest.mark.parametrize("seed", range(20))
def test_slopes_agree(seed):
    given = CASES["day_13.heads.multi_task_loss"](np.random.default_rng(seed))
    slopes = []
    for module in (lesson, graduate):
        said = {name: values.clone().requires_grad_() for name, values in given["said"].items()}
        module.multi_task_loss(**given | {"said": said}).sum().backward()
        slopes.append([values.grad for values in said.values()])
    for one, other in zip(*slopes, strict=True):
        assert torch.isfinite(one).all()
        torch.testing.assert_close(other, one, rtol=1e-12, atol=1e-12)


def test_heads_with_the_same_weights_say_the_same():
    torch.manual_seed(0)
    by_hand = lesson.ThreeHeads(nn.Flatten(), 12, {})
    for_use = graduate.Headed(nn.Flatten(), 12, ("return", "volatility", "regime"))
    for_use.load_state_dict(by_hand.state_dict())
    windows = torch.randn(5, 4, 3)
    one, other = by_hand(windows), for_use(windows)
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(other[name], one[name], rtol=0, atol=0)
