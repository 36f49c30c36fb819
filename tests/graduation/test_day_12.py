"""Day 12: gradients of lesson and graduate, and parameters counted by hand against those that are there."""

import numpy as np
import pytest
from cases import ADAPTERS, CASES

from challenges.day_12.encoder import WindowLSTM, count_parameters, encode, encoder_block, lstm_parameters
from dlcore.nn import Encoder


def slope_at_input(function, arguments):
    x = arguments["x"].clone().requires_grad_()
    function(**(arguments | {"x": x})).square().sum().backward()
    return x.grad.numpy()


@pytest.mark.parametrize(("lesson", "name"), [(encoder_block, "EncoderLayer"), (encode, "Encoder")])
@pytest.mark.parametrize("seed", range(20))
def test_lesson_and_graduate_have_equal_gradients(lesson, name, seed):
    arguments = CASES[f"day_12.encoder.{lesson.__name__}"](np.random.default_rng(seed))
    one = slope_at_input(lesson, arguments)
    other = slope_at_input(ADAPTERS[f"dlcore.nn.encoder.{name}.forward"], arguments)
    np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(one).max())))


@pytest.mark.parametrize(("width", "heads", "layers", "hidden"), [(64, 4, 2, 256), (64, 1, 1, 256), (12, 3, 3, 7)])
def test_counted_by_hand_is_what_the_graduate_has(width, heads, layers, hidden):
    blocks = Encoder(width, heads, layers, hidden=hidden).layers
    assert count_parameters(width, heads, layers, hidden) == sum(p.numel() for p in blocks.parameters())


@pytest.mark.parametrize(("features", "cells"), [(64, 128), (2, 33), (1, 1)])
def test_an_lstm_has_as_many_as_counted(features, cells):
    assert lstm_parameters(features, cells) == sum(p.numel() for p in WindowLSTM(features, cells).parameters())
