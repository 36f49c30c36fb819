"""What the reader's functions must do on Day 11, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. Widths, lengths and numbers of heads
differ from each other, one query may look at nothing, and one score stands 300 above the rest.
"""

from functools import partial

import torch
from torch import nn

from challenges.course.probes import drawing, linear
from challenges.day_11 import attention as lesson

_drawn = drawing(11)
_linear = partial(linear, _drawn)

# the scores of "By hand": times √4, against keys that are the four unit vectors
SCORES = torch.tensor([[2.0, 1, 0, 3], [1, 1, 1, 1], [0, 2, 1, 3], [1, 0, 2, 1]], dtype=torch.float64)
SMALL = (2 * SCORES, torch.eye(4, dtype=torch.float64), torch.arange(4.0, dtype=torch.float64)[:, None])
PAST = torch.ones(4, 4, dtype=torch.bool).tril()
BLIND = torch.tensor([[0, 0, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool)  # the first sees nothing
Q, K, V = _drawn(2, 3, 6), _drawn(2, 5, 6), _drawn(2, 5, 2)
LOUD = K.clone()
LOUD[:, 4] = 300 * Q[:, 1]  # a forbidden key that shouts at the second query
WIDTH, HEADS, DAYS = 6, 3, 8
X, PROJECTION, OUTPUT = _drawn(2, DAYS, WIDTH), _linear(WIDTH, 3 * WIDTH), _linear(WIDTH, WIDTH)
DAYS_PAST = torch.ones(DAYS, DAYS, dtype=torch.bool).tril()
PRESENT = torch.tensor([[1, 1, 0, 1, 1, 1, 0, 1], [1, 1, 1, 1, 1, 0, 0, 1]], dtype=torch.bool)
MAPS = (PROJECTION, OUTPUT, HEADS)


def close(a, b):
    return torch.allclose(torch.as_tensor(a), b, rtol=1e-9, atol=1e-11)


# --- graders: each takes the reader's function ---


def grade_causal_mask(causal_mask):
    given = torch.as_tensor(causal_mask(4))
    assert tuple(given.shape) == (4, 4), f"four queries and four keys: expected shape (4, 4), got {tuple(given.shape)}"
    assert given.dtype == torch.bool, f"give booleans, True where a query may look: yours are {given.dtype}"
    assert given.diagonal().all(), "a day may look at itself: the diagonal is True"
    assert not given[0, 1], "the first of four days may not look at the second"
    assert given[3].all(), "the last day may look at everything"
    assert torch.equal(given, PAST), "row i may look at columns 0 to i: yours differs"
    newest = torch.as_tensor(causal_mask(2, 6))
    assert tuple(newest.shape) == (2, 6), f"two queries, six keys: expected shape (2, 6), got {tuple(newest.shape)}"
    assert newest.sum(1).tolist() == [5, 6], "two queries among six keys are the two newest days: they see 5 and 6 keys"
    assert torch.equal(newest, torch.ones(6, 6, dtype=torch.bool).tril()[-2:]), "they are the last two rows of six"
    one = torch.as_tensor(causal_mask(1, 1))
    assert one.tolist() == [[True]], "a single day may look at itself"


def grade_attention(attention):
    given = attention(*SMALL, PAST)
    assert tuple(given.shape) == (4, 1), f"four queries, values of width 1: expected (4, 1), got {tuple(given.shape)}"
    assert torch.allclose(given[:, 0], torch.tensor([0, 0.5, 1.155, 1.731]).double(), atol=5e-4), (
        f"the four days of the lesson hear 0, .5, 1.155, 1.731: you say {given[:, 0].numpy().round(3)}"
    )
    kept = [a.clone() for a in (Q, K, V)]
    given = attention(*kept, BLIND)
    assert all(torch.equal(a, b) for a, b in zip(kept, (Q, K, V), strict=True)), "you changed the caller's tensors"
    assert not given.isnan().any(), "a query that may look at nothing must hear zero: yours hears NaN"
    assert close(given[:, 0], torch.zeros(2, 2).double()), "a query that may look at nothing must hear exactly zero"
    assert close(attention(Q, K, V), torch.softmax(Q @ K.mT / 6**0.5, -1) @ V), "without a mask: softmax(q kᵀ / √W) v"
    alone = attention(Q[:, 1:2], K[:, [0, 2]], V[:, [0, 2]])
    assert close(given[:, 1:2], alone), "a forbidden key must count for nothing, as if it had never been there"
    loud = attention(Q, LOUD, V, BLIND)
    assert close(loud[:, 1:2], alone), "a forbidden key with a score of thousands changes what is heard: −∞ goes first"
    leaves = [a.clone().requires_grad_() for a in (Q, K, V)]
    attention(*leaves, BLIND).pow(2).sum().backward()
    wanted = [a.clone().requires_grad_() for a in (Q, K, V)]
    lesson.fused_attention(*wanted, BLIND).pow(2).sum().backward()
    for name, one, other in zip("qkv", leaves, wanted, strict=True):
        assert one.grad is not None, f"no slope reaches {name}: stay within torch"
        assert not one.grad.isnan().any(), f"the slope at {name} is NaN: the row that sees nothing has poisoned it"
        assert close(one.grad, other.grad), f"the slope at {name} is off"


def grade_multi_head(multi_head):
    x = X.clone()
    given = multi_head(x, *MAPS)
    assert tuple(given.shape) == X.shape, f"expected shape {tuple(X.shape)}, got {tuple(given.shape)}"
    assert torch.equal(x, X), "you changed the caller's x: make new tensors"
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=torch.float64).requires_grad_(False)
    theirs.in_proj_weight.copy_(PROJECTION.weight)
    theirs.in_proj_bias.copy_(PROJECTION.bias)
    theirs.out_proj.load_state_dict(OUTPUT.state_dict())
    assert close(given, theirs(X, X, X)[0]), "without a mask torch's layer with the same weights says something else"
    past = multi_head(X.clone(), *MAPS, DAYS_PAST)
    moved = X.clone()
    moved[:, -1] += _drawn(2, WIDTH)
    still = multi_head(moved, *MAPS, DAYS_PAST)
    assert close(past[:, :-1], still[:, :-1]), "with the mask the last day was changed, and earlier outputs moved"
    assert close(past, theirs(X, X, X, attn_mask=~DAYS_PAST)[0]), "with the mask torch's layer says something else"
    holes = multi_head(X.clone(), *MAPS, None, PRESENT)
    assert close(holes, theirs(X, X, X, key_padding_mask=~PRESENT)[0]), "tokens that are not there must not be heard"
    both = multi_head(X.clone(), *MAPS, DAYS_PAST, PRESENT)
    assert close(both, lesson.multi_head(X, *MAPS, DAYS_PAST, PRESENT)), "mask and present: both must allow"


# --- mutants: plausible, wrong, and each worth one sentence ---


def excludes_the_present(queries, keys=None):
    "You excluded the present: what happened today is known at today's close. The first day would see nothing at all."
    keys = keys or queries
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries - 1)


def one_into_tomorrow(queries, keys=None):
    "Your diagonal lies one too far to the right: every day sees tomorrow, and only the last one looks innocent."
    keys = keys or queries
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries + 1)


def from_the_oldest(queries, keys=None):
    "With more keys than queries yours begin at the oldest day (torch's is_causal does, too): the newest are blind."
    return torch.ones(queries, keys or queries, dtype=torch.bool).tril()


def true_means_forbidden(queries, keys=None):
    "Yours is True where a query may not look. That is nn.MultiheadAttention's language; here True means may look."
    return ~lesson.causal_mask(queries, keys)


def looks_forward(queries, keys=None):
    "Rows and columns have changed places: your days see the future and not the past. Rows are queries."
    keys = keys or queries
    return torch.ones(queries, keys, dtype=torch.bool).triu(keys - queries)


def _scores(q, k):
    return q @ k.mT / q.shape[-1] ** 0.5


def adds_the_mask(q, k, v, mask=None):
    "You added the mask to the scores: True became +1, and the forbidden only lost a head start. They need −∞."
    return torch.softmax(_scores(q, k) + (0 if mask is None else mask.to(q)), -1) @ v


def multiplies_by_the_mask(q, k, v, mask=None):
    "You multiplied scores by the mask: a forbidden score becomes 0, and exp(0) = 1 is a full voice, not silence."
    return torch.softmax(_scores(q, k) * (1 if mask is None else mask.to(q)), -1) @ v


def ignores_the_mask(q, k, v, mask=None):
    "Your mask is not used: every query looks at every key, tomorrow included."
    return torch.softmax(_scores(q, k), -1) @ v


def fills_with_a_billion(q, k, v, mask=None):
    "−10⁹ is not −∞: a query that may look at nothing finds all of them equal, and hears every forbidden key alike."
    scores = _scores(q, k)
    return torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), -1) @ v


def leaves_the_nan(q, k, v, mask=None):
    "A query that may look at nothing gets 0/0, which is NaN. Give those weights zero after the softmax."
    scores = _scores(q, k)
    return torch.softmax(scores if mask is None else scores.masked_fill(~mask, -torch.inf), -1) @ v


def masks_afterwards(q, k, v, mask=None):
    "You took weights away after the softmax and left it there: what remains no longer sums to one."
    weights = torch.softmax(_scores(q, k), -1)
    return (weights if mask is None else weights.masked_fill(~mask, 0)) @ v


def softmax_over_queries(q, k, v, mask=None):
    "Your softmax runs down the queries: it is each query's weights, along the keys, that sum to one."
    scores = _scores(q, k)
    return torch.nan_to_num(torch.softmax(scores if mask is None else scores.masked_fill(~mask, -torch.inf), -2)) @ v


def forgets_the_root(q, k, v, mask=None):
    "Scores are divided by √W, the root of the width of a key."
    return lesson.attention(q * q.shape[-1] ** 0.5, k, v, mask)


def divides_by_the_width(q, k, v, mask=None):
    "You divided by W; it is the root of W."
    return lesson.attention(q / q.shape[-1] ** 0.5, k, v, mask)


def _heads_by(cut, join, attend=lesson.attention):
    def run(x, projection, output, heads, mask=None, present=None):
        if present is not None:
            there = present[:, None, None, :]
            mask = there if mask is None else mask & there
        q, k, v = (cut(part, heads) for part in projection(x).chunk(3, dim=-1))
        return output(join(attend(q, k, v, mask)))

    return run


def _join(heard):
    return heard.transpose(1, 2).flatten(2)


def _reshaped(x, heads):
    return x.reshape(len(x), heads, x.shape[1], -1)


def _reshaped_back(heard):
    return heard.reshape(len(heard), heard.shape[2], -1)


def splits_by_reshape(x, projection, output, heads, mask=None, present=None):
    "You cut heads by reshape alone: the first head got the first days instead of everybody's first columns."
    return _heads_by(_reshaped, _join)(x, projection, output, heads, mask, present)


def merges_by_reshape(x, projection, output, heads, mask=None, present=None):
    "You merged by reshape alone: swap the heads and the days back first."
    return _heads_by(lesson.split, _reshaped_back)(x, projection, output, heads, mask, present)


def reshapes_both_ways(x, projection, output, heads, mask=None, present=None):
    "Cut and merged by reshape, your heads are pieces of time. Shapes fit, no day looks ahead, and it is another layer."
    return _heads_by(_reshaped, _reshaped_back)(x, projection, output, heads, mask, present)


def interleaves_heads(x, projection, output, heads, mask=None, present=None):
    "Head h has the columns from h·W on, side by side; you dealt columns out like cards: unflatten (heads, W)."

    def cut(part, heads):
        return part.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)

    return _heads_by(cut, _join)(x, projection, output, heads, mask, present)


def ignores_who_is_there(x, projection, output, heads, mask=None, present=None):
    "`present` is not used: padding and holidays are heard like days."
    return lesson.multi_head(x, projection, output, heads, mask)


def ignores_mask_when_present(x, projection, output, heads, mask=None, present=None):
    "Where `present` is given your mask is lost: both must allow, so join them with &."
    return lesson.multi_head(x, projection, output, heads, mask if present is None else None, present)


def either_allows(x, projection, output, heads, mask=None, present=None):
    "You joined `mask` and `present` with |: one of the two is then enough to be heard. Both must allow."
    if mask is not None and present is not None:
        mask, present = mask | present[:, None, None, :], None
    return lesson.multi_head(x, projection, output, heads, mask, present)


def exchanges_true_and_false(x, projection, output, heads, mask=None, present=None):
    "True and False are exchanged: here True means may look, and is there."
    turned = [None if given is None else ~given for given in (mask, present)]
    return lesson.multi_head(x, projection, output, heads, *turned)


def hides_the_asker(x, projection, output, heads, mask=None, present=None):
    "You put `present` on the queries' axis: it is the keys that are not there, (B, 1, 1, L)."
    if present is not None:
        mask = present[:, None, :, None] if mask is None else mask & present[:, None, :, None]
    return lesson.multi_head(x, projection, output, heads, mask)


def scales_by_the_whole_width(x, projection, output, heads, mask=None, present=None):
    "Every head divides by the root of its own width W, not of D."

    def attend(q, k, v, mask):
        return lesson.attention(q / heads**0.5, k, v, mask)

    return _heads_by(lesson.split, _join, attend)(x, projection, output, heads, mask, present)


def forgets_to_mix(x, projection, output, heads, mask=None, present=None):
    "The last map is missing: heads stand side by side and nobody mixes them."
    return _heads_by(lesson.split, _join)(x, projection, nn.Identity(), heads, mask, present)


EXERCISES = {
    "causal_mask": (
        grade_causal_mask,
        [excludes_the_present, one_into_tomorrow, from_the_oldest, true_means_forbidden, looks_forward],
    ),
    "attention": (
        grade_attention,
        [
            adds_the_mask,
            multiplies_by_the_mask,
            ignores_the_mask,
            fills_with_a_billion,
            leaves_the_nan,
            masks_afterwards,
            softmax_over_queries,
            forgets_the_root,
            divides_by_the_width,
        ],
    ),
    "multi_head": (
        grade_multi_head,
        [
            splits_by_reshape,
            merges_by_reshape,
            reshapes_both_ways,
            interleaves_heads,
            ignores_who_is_there,
            ignores_mask_when_present,
            either_allows,
            exchanges_true_and_false,
            hides_the_asker,
            scales_by_the_whole_width,
            forgets_to_mix,
        ],
    ),
}

PROBES = {
    "causal_mask": [(4,), (2, 6), (3, 5)],
    "attention": [(*SMALL, PAST), (Q, K, V), (Q, K, V, BLIND)],
    "multi_head": [(X, *MAPS), (X, *MAPS, DAYS_PAST), (X, *MAPS, None, PRESENT), (X, *MAPS, DAYS_PAST, PRESENT)],
}
