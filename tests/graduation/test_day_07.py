"""Day 7's layer is a function and its graduate a class: the same numbers, with any mask and in both precisions."""

import numpy as np
import pytest

from challenges.day_07.encoder import encoder_layer
from dlcore.handwritten import EncoderLayer, Linear, MultiHeadAttention


def _linear(rng, inputs, outputs, dtype):
    return Linear(rng.normal(size=(inputs, outputs)).astype(dtype), rng.normal(size=outputs).astype(dtype))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_lesson_and_graduate_agree(seed, dtype, close):
    rng = np.random.default_rng(seed)
    heads, length, hidden = (int(k) for k in rng.integers(1, 5, size=3))
    width = heads * int(rng.integers(1, 4))
    batch = tuple(rng.integers(1, 4, size=rng.integers(0, 3)))
    x = (rng.normal(size=(*batch, length, width)) * 10.0 ** rng.integers(-3, 2)).astype(dtype)
    parts = {
        "attention": MultiHeadAttention(*(_linear(rng, width, width, dtype) for _ in range(4)), heads),
        "expand": _linear(rng, width, hidden, dtype),
        "contract": _linear(rng, hidden, width, dtype),
        "norms": tuple((rng.normal(size=width).astype(dtype), rng.normal(size=width).astype(dtype)) for _ in "12"),
        "epsilon": float(10.0 ** rng.integers(-8, 1)),
    }
    blind = rng.random((length, length)) < 0.5  # some days may look at nothing
    for mask in (None, np.tri(length, dtype=bool), blind):
        by_hand = encoder_layer(x, **parts, mask=mask)
        for_use = EncoderLayer(**parts).forward(x, mask=mask)
        assert by_hand.dtype == for_use.dtype == dtype
        np.testing.assert_allclose(for_use, by_hand, rtol=close, atol=close * max(1.0, float(np.abs(by_hand).max())))
