"""Day 14: the slopes of the lesson's forecasts and of the graduates', at the windows and in every weight."""

import numpy as np
import pytest
import torch
from cases import ADAPTERS, CASES

from challenges.day_14 import forecasters

PAIRS = {
    "dlinear": "dlcore.models.linear_forecasters.DecomposedLinear.forward",
    "nlinear": "dlcore.models.linear_forecasters.LastSubtractedLinear.forward",
    "tide": "dlcore.models.tide.DenseEncoderDecoder.forward",
    "itransformer": "dlcore.models.itransformer.InvertedTransformer.forward",
}


def slopes(function, arguments):
    windows = arguments["windows"].clone().requires_grad_()
    layers = [layer for layer in arguments.values() if isinstance(layer, torch.nn.Module)]
    weights = [p.requires_grad_() for layer in layers for p in layer.parameters()]
    said = function(**(arguments | {"windows": windows}))
    return [g.numpy() for g in torch.autograd.grad(said.square().sum(), [windows, *weights])]


@pytest.mark.parametrize("lesson", PAIRS)
@pytest.mark.parametrize("seed", range(20))
def test_lesson_and_graduate_have_equal_gradients(lesson, seed):
    arguments = CASES[f"day_14.forecasters.{lesson}"](np.random.default_rng(seed))
    by_hand, for_use = slopes(getattr(forecasters, lesson), arguments), slopes(ADAPTERS[PAIRS[lesson]], arguments)
    for one, other in zip(by_hand, for_use, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(one).max())))
