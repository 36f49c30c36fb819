"""What the reader's functions must do on Day 7, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. Biases and gains are drawn, there are
several heads and tokens, one input is tiny and one sequence is masked: on fresh weights, one token and one head most
of these mutants are right.
"""

from dataclasses import replace

import numpy as np

from challenges.day_07 import encoder
from dlcore.handwritten import Linear, MultiHeadAttention, gelu, gelu_tanh, relu

_rng = np.random.default_rng(7)


def _drawn(*shape):
    return _rng.normal(size=shape)


def _linear(inputs, outputs):
    return Linear(_drawn(inputs, outputs) / inputs**0.5, _drawn(outputs))


WIDTH, HEADS, HIDDEN, DAYS = 6, 3, 10, 5
X = _drawn(2, DAYS, WIDTH) + 0.5
SMALL = _drawn(DAYS, WIDTH) / 1000  # where ε is not small
GAIN, BIAS = _drawn(WIDTH), _drawn(WIDTH)
ATTENTION = MultiHeadAttention(*(_linear(WIDTH, WIDTH) for _ in range(4)), HEADS)
EXPAND, CONTRACT = _linear(WIDTH, HIDDEN), _linear(HIDDEN, WIDTH)
NORMS = ((GAIN, BIAS), (_drawn(WIDTH), _drawn(WIDTH)))
PAST = np.tri(DAYS, dtype=bool)  # a day may look at itself and back
LAYER = (ATTENTION, EXPAND, CONTRACT, NORMS)
SILENT = Linear(np.zeros((WIDTH, WIDTH)), np.zeros(WIDTH)), Linear(np.zeros((HIDDEN, WIDTH)), np.zeros(WIDTH))


def close(a, b):
    return np.allclose(a, b, rtol=1e-9, atol=1e-11)


# --- graders: each takes the reader's function ---


def grade_layer_norm(layer_norm):
    one, nil = np.ones(4), np.zeros(4)
    row = np.array([1.0, 2.0, 3.0, 4.0])
    given = np.asarray(layer_norm(row[None], one, nil))
    assert given.shape == (1, 4), f"the shape stays: (1, 4) went in, {given.shape} came out"
    assert np.allclose(given, [-1.341635, -0.447212, 0.447212, 1.341635], atol=1e-6), (
        f"(1, 2, 3, 4) becomes (-1.342, -0.447, 0.447, 1.342): you say {given[0].round(3)}"
    )
    tiny = np.asarray(layer_norm(row[None] / 1000, one, nil))[0]
    assert np.isclose(tiny[0], -0.447214, atol=1e-6), f"of thousandths the first is -0.447: you say {tiny[0]:.3f}"
    constant = np.asarray(layer_norm(np.full((2, 4), 3.0), one, nil))
    assert np.array_equal(constant, np.zeros((2, 4))), f"four equal numbers have no pattern: 0, not {constant[0, 0]}"
    z = (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5)
    assert close(layer_norm(X.copy(), GAIN, BIAS), z * GAIN + BIAS), "gain and bias: each column has its own"
    wide = np.asarray(layer_norm(row[None], one, nil, 1.0))[0]
    assert np.isclose(wide[0], -1), f"with epsilon = 1 the first of (1, 2, 3, 4) is -1: you say {wide[0]:.3f}"


def grade_feed_forward(feed_forward):
    x = X.copy()
    given = np.asarray(feed_forward(x, EXPAND, CONTRACT))
    assert given.shape == X.shape, f"what goes in comes out in the same shape: expected {X.shape}, got {given.shape}"
    assert np.array_equal(x, X), "you changed the caller's x: make new arrays"
    alone = feed_forward(X[:1, 2:3], EXPAND, CONTRACT)
    assert close(given[:1, 2:3], alone), "a day's answer changed with the other days: here each day is alone"
    wanted = gelu(X @ EXPAND.weight + EXPAND.bias) @ CONTRACT.weight + CONTRACT.bias
    assert close(given, wanted), f"GELU(x W₁ + b₁) W₂ + b₂: you are off by {np.abs(given - wanted).max():.2g}"


def grade_encoder_layer(encoder_layer):
    x = X.copy()
    given = np.asarray(encoder_layer(x, *LAYER))
    assert given.shape == X.shape, f"the next layer needs the same shape: expected {X.shape}, got {given.shape}"
    assert np.array_equal(x, X), "you changed the caller's x: write x = x + …, not x += …"
    assert close(given, encoder_layer(X.copy(), *LAYER)), "the same input twice, two answers: no dropout here"
    silent = (replace(ATTENTION, output=SILENT[0]), EXPAND, SILENT[1], NORMS)
    assert close(encoder_layer(X.copy(), *silent), X), "with both branches silent a layer changes nothing: yours does"
    deaf = encoder_layer(X.copy(), silent[0], EXPAND, CONTRACT, NORMS)
    thought = encoder.feed_forward(encoder.layer_norm(X, *NORMS[1]), EXPAND, CONTRACT)
    assert close(deaf, X + thought), "with the attention silent the rest is x + feed_forward(second norm of x)"
    dull = encoder_layer(X.copy(), ATTENTION, EXPAND, SILENT[1], NORMS)
    heard = ATTENTION.forward(encoder.layer_norm(X, *NORMS[0]))[0]
    assert close(dull, X + heard), "with the feed-forward silent the rest is x + attention(first norm of x)"
    assert close(given, encoder.encoder_layer(X, *LAYER)), "the feed-forward reads what the attention has added to x"
    moved = X.copy()
    moved[:, -1] += _rng.normal(size=WIDTH)
    before, after = (encoder_layer(a.copy(), *LAYER, PAST) for a in (X, moved))
    assert close(before[:, :-1], after[:, :-1]), "with the mask no day may look ahead: yours moved with the last day"
    narrow = encoder_layer(X.copy(), *LAYER, None, 1.0)
    assert not np.allclose(narrow, given), "epsilon reaches neither norm: pass it on"
    assert close(narrow, encoder.encoder_layer(X, *LAYER, None, 1.0)), "epsilon reaches one of the norms only"


# --- mutants: plausible, wrong, and each worth one sentence ---


def divides_by_one_less(x, gain, bias, epsilon=1e-5):
    "You divided by D − 1. The row is not a sample of something: (1, 2, 3, 4) has variance 1.25, not 1.67."
    z = x - x.mean(-1, keepdims=True)
    return z / np.sqrt(x.var(-1, keepdims=True, ddof=1) + epsilon) * gain + bias


def epsilon_outside(x, gain, bias, epsilon=1e-5):
    "ε belongs under the root, in units of x². Outside it is 300 times smaller, and thousandths come out at 1.33."
    return (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + epsilon) * gain + bias


def over_the_days(x, gain, bias, epsilon=1e-5):
    "You took mean and spread over the days. A day is to be compared with itself: last axis."
    z = x - x.mean(-2, keepdims=True)
    return z / np.sqrt(x.var(-2, keepdims=True) + epsilon) * gain + bias


def over_everything(x, gain, bias, epsilon=1e-5):
    "One mean and one spread for the whole array: every day needs its own, keepdims on the last axis."
    return (x - x.mean()) / np.sqrt(x.var() + epsilon) * gain + bias


def divides_by_the_variance(x, gain, bias, epsilon=1e-5):
    "You divided by the variance. Its root is the spread."
    return (x - x.mean(-1, keepdims=True)) / (x.var(-1, keepdims=True) + epsilon) * gain + bias


def keeps_the_mean(x, gain, bias, epsilon=1e-5):
    "You left the mean in (that is RMSNorm, with a bias): take it off first."
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * gain + bias


def bends_at_the_end(x, expand, contract):
    "GELU stands between the two layers. After the second the answer could hardly ever be negative."
    return gelu(contract.forward(expand.forward(x)))


def bends_with_relu(x, expand, contract):
    "That is ReLU. The layer asks for GELU, the exact one."
    return contract.forward(relu(expand.forward(x)))


def bends_with_tanh(x, expand, contract):
    "That is the tanh form of GELU, right to three digits. The exact one is x Φ(x)."
    return contract.forward(gelu_tanh(expand.forward(x)))


def forgets_to_bend(x, expand, contract):
    "Without a bend between them two linear layers are one."
    return contract.forward(expand.forward(x))


def forgets_the_first_constant(x, expand, contract):
    "The first constant b₁ is missing: it decides where each unit bends. On fresh weights it is nearly nothing."
    return contract.forward(gelu(x @ expand.weight))


def adds_itself(x, expand, contract):
    "You added x here already. The residual path belongs to the layer, not to the branch."
    return x + encoder.feed_forward(x, expand, contract)


def norms_afterwards(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "You normed after adding (post-norm). The path itself is never normed; each branch reads it through a norm."
    x = encoder.layer_norm(x + attention.forward(x, mask=mask)[0], *norms[0], epsilon)
    return encoder.layer_norm(x + encoder.feed_forward(x, expand, contract), *norms[1], epsilon)


def adds_to_the_normed(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "You added the branch to the normed input. Add it to x as it came: the size of the day is in there."
    x = encoder.layer_norm(x, *norms[0], epsilon)
    x = x + attention.forward(x, mask=mask)[0]
    x = encoder.layer_norm(x, *norms[1], epsilon)
    return x + encoder.feed_forward(x, expand, contract)


def replaces_the_day(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "The first residual path is missing: what the day was is gone, only what it heard is left."
    x = attention.forward(encoder.layer_norm(x, *norms[0], epsilon), mask=mask)[0]
    return x + encoder.feed_forward(encoder.layer_norm(x, *norms[1], epsilon), expand, contract)


def branches_side_by_side(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "Both branches read the same x. The feed-forward comes second: it reads what the attention has added."
    heard = attention.forward(encoder.layer_norm(x, *norms[0], epsilon), mask=mask)[0]
    return x + heard + encoder.feed_forward(encoder.layer_norm(x, *norms[1], epsilon), expand, contract)


def one_norm_for_both(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "The second branch has a norm of its own: norms[1]. On fresh weights the two are the same."
    return encoder.encoder_layer(x, attention, expand, contract, (norms[0], norms[0]), mask, epsilon)


def forgets_the_mask(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "You did not pass the mask on: every day looks everywhere, tomorrow included."
    return encoder.encoder_layer(x, attention, expand, contract, norms, None, epsilon)


def drops_at_random(x, attention, expand, contract, norms, mask=None, epsilon=1e-5):
    "A tenth of each branch is dropped at random. Dropout is for training; a forecast has none."
    keep = np.random.default_rng(0)
    heard = attention.forward(encoder.layer_norm(x, *norms[0], epsilon), mask=mask)[0]
    x = x + heard * (keep.random(x.shape) < 0.9) / 0.9
    thought = encoder.feed_forward(encoder.layer_norm(x, *norms[1], epsilon), expand, contract)
    return x + thought * (keep.random(x.shape) < 0.9) / 0.9


EXERCISES = {
    "layer_norm": (
        grade_layer_norm,
        [
            divides_by_one_less,
            epsilon_outside,
            over_the_days,
            over_everything,
            divides_by_the_variance,
            keeps_the_mean,
        ],
    ),
    "feed_forward": (
        grade_feed_forward,
        [
            bends_at_the_end,
            bends_with_relu,
            bends_with_tanh,
            forgets_to_bend,
            forgets_the_first_constant,
            adds_itself,
        ],
    ),
    "encoder_layer": (
        grade_encoder_layer,
        [
            norms_afterwards,
            adds_to_the_normed,
            replaces_the_day,
            branches_side_by_side,
            one_norm_for_both,
            forgets_the_mask,
            drops_at_random,
        ],
    ),
}

PROBES = {
    "layer_norm": [(X, GAIN, BIAS), (SMALL, GAIN, BIAS)],
    "feed_forward": [(X, EXPAND, CONTRACT)],
    "encoder_layer": [(X, *LAYER), (X, *LAYER, PAST)],
}
