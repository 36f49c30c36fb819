"""What the reader's functions must do on Day 5, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails.
"""

import numpy as np

from challenges.day_05 import multi_head as solved
from challenges.day_05.multi_head import Maps
from dlcore.handwritten import attention
from dlcore.handwritten.gradcheck import numerical_gradient

_rng = np.random.default_rng(5)
HEADS = 2
X = _rng.normal(size=(3, 4, 10)) + 0.3  # 3 sequences, 4 tokens, width 10, 2 heads of 5: no two axes alike
MAPS = Maps(*(_rng.normal(size=shape) / 2 for _ in range(4) for shape in ((10, 10), (10,))))
UP = _rng.normal(size=X.shape)
MASK = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]], dtype=bool)  # the past, and not too far
MASKS = np.stack([MASK, MASK.T, np.ones_like(MASK)])  # another one for each sequence
TOKENS = np.arange(8.0).reshape(1, 2, 4)  # tokens 0 1 2 3 and 4 5 6 7
CUT = np.array([[[[0.0, 1], [4, 5]], [[2, 3], [6, 7]]]])  # as two heads


# --- graders: each takes the reader's function ---


def grade_split_heads(split_heads):
    x = X.copy()
    answer = np.asarray(split_heads(x, HEADS))
    assert np.array_equal(x, X), "you changed the caller's tokens: make a new array"
    assert answer.shape == (3, 2, 4, 5), f"3 sequences, 2 heads, 4 tokens, width 5: you return {answer.shape}"
    small = np.asarray(split_heads(TOKENS.copy(), 2))
    assert np.array_equal(small, CUT), f"0 1 2 3 | 4 5 6 7: head 0 is [0 1], [4 5]; yours is {small[0, 0].tolist()}"
    for h in range(HEADS):
        assert np.array_equal(answer[:, h], X[..., 5 * h : 5 * h + 5]), f"head {h} is columns {5 * h} to {5 * h + 4}"


def grade_merge_heads(merge_heads):
    parts = solved.split_heads(X, HEADS)  # (3, 2, 4, 5)
    answer = np.asarray(merge_heads(parts.copy()))
    assert answer.shape == X.shape, f"3 sequences, 4 tokens, width 10 again: you return {answer.shape}"
    small = np.asarray(merge_heads(CUT.copy())).ravel().astype(int).tolist()
    assert small == list(range(8)), f"[0 1], [4 5] and [2 3], [6 7] merge to 0 … 7 in order, you give {small}"
    assert np.array_equal(answer, X), "merging what split_heads cut must give the tokens back"


def grade_multi_head(multi_head):
    answer = multi_head(X.copy(), MAPS, HEADS)
    assert isinstance(answer, tuple), "return the output and the attention weights"
    assert len(answer) == 2, "return the output and the attention weights"
    out, weights = answer
    assert np.shape(out) == X.shape, f"one output for each token: {X.shape}, not {np.shape(out)}"
    assert np.shape(weights) == (3, 2, 4, 4), f"weights (3, 2, 4, 4): who listens to whom, not {np.shape(weights)}"
    for mask in (None, MASK, MASKS):
        out, weights = multi_head(X.copy(), MAPS, HEADS, mask)
        assert np.allclose(np.sum(weights, -1), 1), "the weights of each query must add up to 1"
        allowed = np.ones((3, 1, 4, 4)) if mask is None else np.broadcast_to(mask, (3, 4, 4))[:, None]
        assert np.all(np.asarray(weights)[np.broadcast_to(~allowed.astype(bool), np.shape(weights))] == 0), (
            "a weight is not 0 where the mask is False"
        )
        heard = MAPS.output_bias
        for h in range(HEADS):  # each head alone, by Day 4
            cut = slice(5 * h, 5 * h + 5)
            q, k, v = (X @ w[:, cut] + b[cut] for w, b in zip(MAPS[0:6:2], MAPS[1:6:2], strict=True))  # (3, 4, 5) each
            heard = heard + attention(q, k, v, mask=mask)[0] @ MAPS.output[cut]
        assert np.allclose(out, heard), "two heads, each computed alone and added up, give another output"


def grade_multi_head_backward(multi_head_backward):
    x, maps = X.copy(), Maps(*(a.copy() for a in MAPS))
    answer = multi_head_backward(x, maps, HEADS, UP.copy(), MASK)
    assert isinstance(answer, tuple), "return two things: the slope at x, and the slopes at the maps"
    assert len(answer) == 2, "return two things: the slope at x, and the slopes at the maps"
    assert len(answer[1]) == 8, f"eight slopes in a Maps, weight and bias of four maps; you return {len(answer[1])}"
    assert np.array_equal(x, X), "you changed the caller's x: a backward pass only looks"
    assert all(np.array_equal(a, b) for a, b in zip(maps, MAPS, strict=True)), "you changed the caller's maps"

    def loss(x, maps):
        return float(np.sum(solved.multi_head(x, maps, HEADS, MASK)[0] * UP))

    assert np.shape(answer[0]) == X.shape, f"the slope at x has the shape of x, {X.shape}, not {np.shape(answer[0])}"
    assert np.allclose(answer[0], numerical_gradient(lambda a: loss(a, MAPS), X), atol=1e-7), (
        "central differences give another slope for x"
    )
    for name, here, given in zip(Maps._fields, MAPS, answer[1], strict=True):
        assert np.shape(given) == here.shape, f"the slope at {name} must have its shape {here.shape}"
        away = numerical_gradient(lambda a, name=name: loss(X, MAPS._replace(**{name: a})), here)
        assert np.allclose(given, away, atol=1e-7), f"central differences give another slope for {name}"


# --- mutants: plausible, wrong, and each worth one sentence ---


def cuts_the_tokens_apart(x, heads):
    "A reshape alone deals out whole tokens: your first head holds the first tokens. Cut each token, then swap axes."
    B, L, D = x.shape
    return x.reshape(B, heads, L, D // heads)


def interleaves(x, heads):
    "You deal the features out like cards, 0 2 4 … to head 0. Head h gets a block of neighbours, h·W to (h + 1)·W."
    B, L, D = x.shape
    return x.reshape(B, L, D // heads, heads).transpose(0, 3, 1, 2)


def forgets_to_swap(x, heads):
    "You cut each token but left heads behind time, (B, L, H, W): attention would let heads listen to heads."
    B, L, D = x.shape
    return x.reshape(B, L, heads, D // heads)


def lays_heads_on_their_side(x, heads):
    "Your heads lie on their side: features where the tokens should be. The last axis is a head's width."
    return solved.split_heads(x, heads).swapaxes(-1, -2)


def counts_heads_backwards(x, heads):
    "Your heads come in reverse: head 0 must get the first columns."
    return solved.split_heads(x, heads)[:, ::-1]


def merges_by_reshape(x):
    "A reshape alone lays head after head: 0 1 4 5 | 2 3 6 7. Swap heads and tokens first. (It undoes a wrong split.)"
    B, H, L, W = x.shape
    return x.reshape(B, L, H * W)


def merges_interleaved(x):
    "You wove the heads into each other, one feature of each in turn. They belong side by side, each in one piece."
    B, H, L, W = x.shape
    return x.transpose(0, 2, 3, 1).reshape(B, L, H * W)


def averages_the_heads(x):
    "You averaged the heads. Keep them apart, side by side: how to mix them the output map must learn."
    return x.mean(1)


def lines_heads_up_in_time(x):
    "You put the heads one after the other in time: a token is H·W wide and there are still L of them."
    B, H, L, W = x.shape
    return x.reshape(B, H * L, W)


def merges_in_reverse(x):
    "You merged the last head first: head 0 belongs in the first columns."
    return solved.merge_heads(x[:, ::-1])


def _variant(*, scale=1.0, split=solved.split_heads, merge=solved.merge_heads, turn=lambda mask: mask):
    def forward(x, maps, heads, mask=None):
        q, k, v = (split(x @ w + b, heads) for w, b in zip(maps[0:6:2], maps[1:6:2], strict=True))
        mask = None if mask is None else turn(mask[:, None] if mask.ndim == 3 else mask)
        heard, weights = attention(q * scale, k, v, mask=mask)
        return merge(heard) @ maps.output + maps.output_bias, weights

    return forward


def scales_by_the_whole_width(x, maps, heads, mask=None):
    "You scaled scores by √D. Each head's score is a sum of W = D / H products: divide by √W."
    return _variant(scale=heads**-0.5)(x, maps, heads, mask)


def one_mixer_for_all_heads(x, maps, heads, mask=None):
    "Every head went through the first head's rows of the output map. Head h has rows h·W to (h + 1)·W of its own."
    own = x.shape[-1] // heads
    rows = np.tile(maps.output[:own], (heads, 1))
    return solved.multi_head(x, maps._replace(output=rows), heads, mask)


def output_bias_per_head(x, maps, heads, mask=None):
    "You added the output bias once per head. It belongs to the sum, once."
    return solved.multi_head(x, maps._replace(output_bias=heads * maps.output_bias), heads, mask)


def forgets_the_output_map(x, maps, heads, mask=None):
    "The heads never met: after merging, the output map mixes them."
    out, weights = solved.multi_head(x, maps._replace(output=np.eye(x.shape[-1]), output_bias=0.0), heads, mask)
    return out, weights


def masks_the_queries(x, maps, heads, mask=None):
    "Your mask is transposed: row i says whom token i may look at, so it acts along the keys."
    return _variant(turn=lambda mask: mask.swapaxes(-1, -2))(x, maps, heads, mask)


def mask_the_other_way(x, maps, heads, mask=None):
    "You read the mask like torch.nn.MultiheadAttention, where True forbids. Here True allows."
    return _variant(turn=np.logical_not)(x, maps, heads, mask)


def two_wrongs(x, maps, heads, mask=None):
    "You cut and merged by reshape alone. The two undo each other, and in between your heads are groups of tokens."
    return _variant(split=cuts_the_tokens_apart, merge=merges_by_reshape)(x, maps, heads, mask)


def one_path_only(x, maps, heads, upstream, mask=None):
    "x went into queries, keys and values. Your slope came back through the values alone: add all three."
    _, slopes = solved.multi_head_backward(x, maps, heads, upstream, mask)
    alone = maps._replace(query=0 * maps.query, key=0 * maps.key)
    q, k, v = solved._projected(x, maps, heads)
    _, weights = attention(q, k, v, mask=solved._for_heads(mask))
    dv = weights.swapaxes(-1, -2) @ solved.split_heads(upstream @ maps.output.T, heads)
    return solved.merge_heads(dv) @ alone.value.T, slopes


def averages_the_output_bias(x, maps, heads, upstream, mask=None):
    "Your output bias gradient is a mean over tokens. Every token used the bias, so every token's demand is added."
    dx, slopes = solved.multi_head_backward(x, maps, heads, upstream, mask)
    return dx, slopes._replace(output_bias=upstream.mean((0, 1)))


def sums_one_sequence_at_a_time(x, maps, heads, upstream, mask=None):
    "Your biases' slopes sum over the first sequence only. The whole batch shares the maps: sum over it too."
    dx, slopes = solved.multi_head_backward(x, maps, heads, upstream, mask)
    _, first = solved.multi_head_backward(
        x[:1], maps, heads, upstream[:1], mask[:1] if mask is not None and mask.ndim == 3 else mask
    )
    return dx, slopes._replace(**{name: getattr(first, name) for name in Maps._fields if name.endswith("bias")})


def splits_the_slope_by_reshape(x, maps, heads, upstream, mask=None):
    "You cut the slope at the merged heads by reshape alone: it must go back the way it came, through split_heads."
    shuffled = upstream @ maps.output.T
    wrong = solved.merge_heads(cuts_the_tokens_apart(shuffled, heads))
    unmixed = maps._replace(output=np.eye(x.shape[-1]))
    dx, slopes = solved.multi_head_backward(x, unmixed, heads, wrong, mask)
    _, right = solved.multi_head_backward(x, maps, heads, upstream, mask)
    return dx, slopes._replace(output=right.output, output_bias=right.output_bias)


def forgets_the_mask(x, maps, heads, upstream, mask=None):
    "Your backward pass forgot the mask: give it to both calls of attention."
    return solved.multi_head_backward(x, maps, heads, upstream, None)


def output_slope_before_merging(x, maps, heads, upstream, mask=None):
    "The output map's slope needs what went into it, the merged heads; you multiplied by x."
    dx, slopes = solved.multi_head_backward(x, maps, heads, upstream, mask)
    return dx, slopes._replace(output=np.einsum("bli,blo->io", x, upstream))


EXERCISES = {
    "split_heads": (
        grade_split_heads,
        [cuts_the_tokens_apart, interleaves, forgets_to_swap, lays_heads_on_their_side, counts_heads_backwards],
    ),
    "merge_heads": (
        grade_merge_heads,
        [merges_by_reshape, merges_interleaved, averages_the_heads, lines_heads_up_in_time, merges_in_reverse],
    ),
    "multi_head": (
        grade_multi_head,
        [
            scales_by_the_whole_width,
            one_mixer_for_all_heads,
            output_bias_per_head,
            forgets_the_output_map,
            masks_the_queries,
            mask_the_other_way,
            two_wrongs,
        ],
    ),
    "multi_head_backward": (
        grade_multi_head_backward,
        [
            one_path_only,
            averages_the_output_bias,
            sums_one_sequence_at_a_time,
            splits_the_slope_by_reshape,
            forgets_the_mask,
            output_slope_before_merging,
        ],
    ),
}

PROBES = {
    "split_heads": [(X, HEADS), (TOKENS, 2)],
    "merge_heads": [(np.arange(120.0).reshape(3, 2, 4, 5) ** 0.5,), (CUT,)],
    "multi_head": [(X, MAPS, HEADS, MASK), (X, MAPS, HEADS, MASKS)],
    "multi_head_backward": [(X, MAPS, HEADS, UP, MASK), (X, MAPS, HEADS, UP, MASKS)],
}
