"""What the reader's functions must do on Day 12, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. Weights and gains are drawn, dropout is a
fixed pattern of zeros and twos, and a mask forbids the future: on fresh weights, in evaluation mode and without a mask
most of these mutants are right.
"""

import torch

from challenges.day_12 import encoder
from challenges.day_12.encoder import Block, lstm_parameters
from dlcore.nn import LayerNorm, causal_mask

WIDTH, HEADS, HIDDEN, DAYS = 6, 3, 10, 5
_g = torch.Generator().manual_seed(12)


def _drawn(module):
    with torch.no_grad():
        for parameter in module.double().parameters():
            parameter.copy_(0.6 * torch.randn(parameter.shape, generator=_g))
            parameter.requires_grad_(False)
    return module.eval()


class Lossy:
    """Dropout of a half without chance: a fixed pattern of zeros and twos."""

    def __init__(self, size):
        self.keep = 2.0 * (torch.rand(size, generator=_g) < 0.5).double()

    def __call__(self, z):
        return z * self.keep[: z.shape[-2]]


class Nothing:
    """A branch that says nothing, or a path that changes nothing."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, z, mask=None):
        return self.factor * z


class Adds:
    """A block that adds what each day hears: the mean of the days it may look at, and a step of its own."""

    def __init__(self, step):
        self.step = step

    def __call__(self, x, mask=None):
        allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool) if mask is None else mask
        shares = allowed.double() / allowed.double().sum(-1, keepdim=True)
        return x + self.step * (shares @ x) ** 2 + self.step


X = torch.randn(2, DAYS, WIDTH, generator=_g).double() + 0.4
BLOCK = _drawn(Block(WIDTH, HEADS, HIDDEN))
NORMS, LOSSY = tuple(BLOCK.norms), Lossy((DAYS, WIDTH))
PARTS = (BLOCK.attention, BLOCK.feed_forward, NORMS)
PLAIN, SILENT = Nothing(1.0), Nothing(0.0)
PAST = causal_mask(DAYS, DAYS)
STACK, LAST = (Adds(0.5), Adds(-0.3), Adds(1.1)), _drawn(LayerNorm(WIDTH))


def close(a, b):
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-9, atol=1e-11)


# --- graders: each takes the reader's function ---


def grade_encoder_block(encoder_block):
    x = X.clone()
    given = encoder_block(x, *PARTS, PLAIN)
    assert given.shape == X.shape, f"the next block needs the same shape: expected {X.shape}, got {given.shape}"
    assert torch.equal(x, X), "you changed the caller's x: write x = x + …, not x += …"
    quiet = encoder_block(X.clone(), SILENT, SILENT, NORMS, LOSSY)
    assert close(quiet, X), "with both branches silent a block changes nothing, whatever dropout does: yours does"
    deaf = encoder_block(X.clone(), SILENT, BLOCK.feed_forward, NORMS, LOSSY)
    assert close(deaf, X + LOSSY(BLOCK.feed_forward(NORMS[1](X)))), "the second half: x + drop(feed_forward(norm₂(x)))"
    dull = encoder_block(X.clone(), BLOCK.attention, SILENT, NORMS, LOSSY)
    assert close(dull, X + LOSSY(BLOCK.attention(NORMS[0](X)))), "the first half is x + drop(attention(norm₁(x)))"
    masked = encoder_block(X.clone(), *PARTS, LOSSY, PAST)
    assert close(masked, encoder.encoder_block(X, *PARTS, LOSSY, PAST)), "the halves follow each other, with the mask"


def grade_encode(encode):
    assert close(encode(X.clone(), (), LAST), LAST(X)), "with no block at all the last norm remains"
    given = encode(X.clone(), STACK, LAST)
    assert given.shape == X.shape, f"expected shape {X.shape}, got {given.shape}"
    assert close(given, encoder.encode(X, STACK, LAST)), "block after block, each on what the one before has left"
    moved = X.clone()
    moved[:, -1] += torch.randn(WIDTH, generator=_g)
    before, after = (encode(a, STACK, LAST, PAST)[:, :-1] for a in (X.clone(), moved))
    assert close(before, after), "with the mask no day may look ahead, in any block: yours moved with the last day"
    assert close(encode(X.clone(), STACK, LAST, PAST), encoder.encode(X, STACK, LAST, PAST)), "the mask is changed"


def grade_count_parameters(count_parameters):
    for width, heads, layers, hidden in ((64, 4, 2, 256), (6, 3, 1, 10), (12, 2, 3, 7)):
        wanted = layers * sum(p.numel() for p in Block(width, heads, hidden).parameters())
        given = count_parameters(width, heads, layers, hidden)
        assert given == wanted, f"width {width}, {layers} block(s), {hidden} hidden: {wanted:,d}, you say {given:,}"


def grade_equal_parameter_lstm(equal_parameter_lstm):
    for features, parameters in ((64, 99_968), (2, 1_000), (5, 1_500), (1, 96), (7, 1_000), (3, 20)):
        given = equal_parameter_lstm(features, parameters)
        assert isinstance(given, int), f"cells are counted: give an int, not {type(given).__name__}"
        off = abs(lstm_parameters(features, given) - parameters)
        for other in (given - 1, given + 1):
            nearer = other >= 1 and abs(lstm_parameters(features, other) - parameters) < off
            assert not nearer, f"{features} features, {parameters:,d} weights: {other} cells come nearer than {given}"
    assert equal_parameter_lstm(5, 1) == 1, "there is no LSTM without a cell: at least 1"


# --- mutants: plausible, wrong, and each worth one sentence ---


def drops_the_stream(x, attention, feed_forward, norms, drop, mask=None):
    "You dropped from the stream, drop(x + f). Drop what the branch says, x + drop(f): what a day is must stay."
    x = drop(x + attention(norms[0](x), mask=mask))
    return drop(x + feed_forward(norms[1](x)))


def never_drops(x, attention, feed_forward, norms, drop, mask=None):
    "You never call drop. It is nothing when the network answers, and half the point while it learns."
    return encoder.encoder_block(x, attention, feed_forward, norms, PLAIN, mask)


def drops_before_the_branch(x, attention, feed_forward, norms, drop, mask=None):
    "You dropped what the branch reads. Drop what it says: x + drop(f(norm(x)))."
    x = x + attention(drop(norms[0](x)), mask=mask)
    return x + feed_forward(drop(norms[1](x)))


def one_norm_for_both(x, attention, feed_forward, norms, drop, mask=None):
    "The second branch has a norm of its own, norms[1]. On fresh weights the two agree to the last digit."
    return encoder.encoder_block(x, attention, feed_forward, (norms[0], norms[0]), drop, mask)


def norms_afterwards(x, attention, feed_forward, norms, drop, mask=None):
    "That is post-norm. The stream itself is never normed here; each branch reads it through a norm."
    x = norms[0](x + drop(attention(x, mask=mask)))
    return norms[1](x + drop(feed_forward(x)))


def loses_the_day(x, attention, feed_forward, norms, drop, mask=None):
    "The second residual path is missing: only what the feed-forward says is left."
    x = x + drop(attention(norms[0](x), mask=mask))
    return drop(feed_forward(norms[1](x)))


def forgets_the_mask(x, attention, feed_forward, norms, drop, mask=None):
    "You did not pass the mask to the attention: every day looks at tomorrow."
    return encoder.encoder_block(x, attention, feed_forward, norms, drop)


def mask_for_the_first_only(x, blocks, last_norm, mask=None):
    "Only the first block was given the mask. In the second a day looks at tomorrow, and no constant kick shows it."
    for block in blocks:
        x, mask = block(x, mask=mask), None
    return last_norm(x)


def mask_for_nobody(x, blocks, last_norm, mask=None):
    "No block was given the mask: pass it to every one."
    return encoder.encode(x, blocks, last_norm)


def forgets_the_last_norm(x, blocks, last_norm, mask=None):
    "The last norm is missing: in a pre-norm stack the stream grows with every branch, and nobody has normed it yet."
    return encoder.encode(x, blocks, PLAIN, mask)


def norms_every_block(x, blocks, last_norm, mask=None):
    "You normed after every block. One norm follows the whole stack; in between the stream runs free."
    for block in blocks:
        x = last_norm(block(x, mask=mask))
    return x


def all_read_the_same(x, blocks, last_norm, mask=None):
    "Every block read the first x. Each goes on from what the one before has left."
    last = x
    for block in blocks:
        last = block(x, mask=mask)
    return last_norm(last)


def without_biases(width, heads, layers, hidden):
    "The six linear maps have biases, too: you counted their matrices and the norms."
    return layers * (4 * width**2 + 2 * width * hidden + 4 * width)


def only_matrices(width, heads, layers, hidden):
    "You counted matrices only: 98,304 for 99,968. Biases and norms are learned as well."
    return layers * (4 * width**2 + 2 * width * hidden)


def without_output(width, heads, layers, hidden):
    "The attention's output map is missing: after the heads have spoken, a linear layer mixes them."
    return encoder.count_parameters(width, heads, layers, hidden) - layers * (width**2 + width)


def one_norm_counted(width, heads, layers, hidden):
    "A block has two norms, each with a gain and a bias."
    return encoder.count_parameters(width, heads, layers, hidden) - layers * 2 * width


def every_head_whole(width, heads, layers, hidden):
    "You gave every head maps of the full width. Heads share the width: 1, 4 or 8 of them, the same count."
    attention = heads * 3 * (width**2 + width) + heads * width * width + width
    return layers * (attention + 2 * width * hidden + hidden + width + 4 * width)


def with_a_last_norm(width, heads, layers, hidden):
    "You counted the last norm, too. It belongs to the stack and not to a block."
    return encoder.count_parameters(width, heads, layers, hidden) + 2 * width


def one_bias(features, parameters):
    "You counted one bias vector for each gate; torch's LSTM keeps two."
    return _nearest(parameters, lambda h: lstm_parameters(features, h) - 4 * h)


def rounds_up(features, parameters):
    "You took the first size that is not smaller: nearest may lie below."
    h = 1
    while lstm_parameters(features, h) < parameters:
        h += 1
    return h


def rounds_down(features, parameters):
    "You took the last size that is not larger: nearest may lie above."
    h = 1
    while lstm_parameters(features, h + 1) <= parameters:
        h += 1
    return h


def three_maps(features, parameters):
    "An LSTM has three gates and a candidate: four maps, not three (three is a GRU)."
    return _nearest(parameters, lambda h: 3 * (features * h + h * h + 2 * h) + h + 1)


def forgets_the_read_out(features, parameters):
    "You left out the read-out: a line from the cells to one number has weights as well."
    return _nearest(parameters, lambda h: 4 * (features * h + h * h + 2 * h))


def _nearest(parameters, count):
    return min(range(1, 400), key=lambda h: abs(count(h) - parameters))


EXERCISES = {
    "encoder_block": (
        grade_encoder_block,
        [
            drops_the_stream,
            never_drops,
            drops_before_the_branch,
            one_norm_for_both,
            norms_afterwards,
            loses_the_day,
            forgets_the_mask,
        ],
    ),
    "encode": (
        grade_encode,
        [
            mask_for_the_first_only,
            mask_for_nobody,
            forgets_the_last_norm,
            norms_every_block,
            all_read_the_same,
        ],
    ),
    "count_parameters": (
        grade_count_parameters,
        [only_matrices, without_biases, without_output, one_norm_counted, every_head_whole, with_a_last_norm],
    ),
    "equal_parameter_lstm": (
        grade_equal_parameter_lstm,
        [one_bias, rounds_up, rounds_down, three_maps, forgets_the_read_out],
    ),
}

PROBES = {
    "encoder_block": [(X, *PARTS, LOSSY), (X, *PARTS, LOSSY, PAST), (X, *PARTS, PLAIN)],
    "encode": [(X, STACK, LAST), (X, STACK, LAST, PAST)],
    "count_parameters": [(64, 4, 2, 256), (12, 2, 3, 7)],
    "equal_parameter_lstm": [(64, 99_968), (2, 1_000), (5, 1_500), (1, 96)],
}
