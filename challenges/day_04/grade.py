"""What the reader's functions must do on Day 4, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails.
"""

import numpy as np

from challenges.day_04 import attention as day
from dlcore.handwritten.gradcheck import numerical_gradient

_rng = np.random.default_rng(4)
Q, K = _rng.normal(size=(4, 3)) + 0.3, _rng.normal(size=(5, 3))  # unequal shapes, ugly numbers: a transpose shows
V, UP = _rng.normal(size=(5, 2)) - 0.2, _rng.normal(size=(4, 2))
MASK = np.array([[1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 0, 1]], bool)  # the second sees nobody
SCORES = np.array([[2.0, 1, 0], [1000, 999, 998.5], [-3, 0.5, -800]])  # rows far apart
LOUD = np.array([[1e4, 0, -1e4]])
SEEN = np.array([[True, False, True], [True, True, True], [False, False, False]])


# --- graders: each takes the reader's function ---


def grade_softmax(softmax):
    given = np.asarray(softmax(np.array([2.0, 1, 0])))
    assert given.shape == (3,), f"one share for each score: expected shape (3,), got {given.shape}"
    assert np.allclose(given, [0.66524, 0.24473, 0.09003], atol=1e-5), (
        f"2, 1, 0 share .665, .245, .090: you say {given}"
    )
    loud = np.asarray(softmax(LOUD.copy()))
    assert np.allclose(loud, [[1, 0, 0]]), f"scores of 10,000, 0 and −10,000 share 1, 0, 0: you say {loud.tolist()}"
    x = SCORES.copy()
    given = np.asarray(softmax(x))
    assert np.array_equal(x, SCORES), "you changed the caller's scores: make new arrays"
    assert given.shape == SCORES.shape, f"the shape of the scores is {SCORES.shape}, not {given.shape}"
    assert np.allclose(given.sum(-1), 1), f"the shares of each row sum to one, yours to {given.sum(-1)}"
    raised = softmax(SCORES + np.array([[7.0], [-600], [600]]))
    assert np.allclose(given, raised), "a constant added to a row changes no share"
    given = np.asarray(softmax(SCORES.copy(), SEEN.copy()))
    assert np.all(given[~SEEN] == 0), "a masked place has share 0, exactly"
    assert np.allclose(given[:2].sum(-1), 1), f"what is left still sums to one: yours to {given[:2].sum(-1)}"
    alone = np.exp(-2) / (1 + np.exp(-2))
    assert np.allclose(given[0], [1 - alone, 0, alone]), "scores 2 and 0 with the 1 masked share .881 and .119"


def grade_attention(attention):
    query, key, value, mask = Q.copy(), K.copy(), V.copy(), MASK.copy()
    answer = attention(query, key, value, mask)
    assert isinstance(answer, tuple), "return the output and the weights"
    assert len(answer) == 2, f"return two arrays, output and weights; you return {len(answer)}"
    output, weights = (np.asarray(a) for a in answer)
    for name, (before, after) in {"query": (Q, query), "key": (K, key), "value": (V, value)}.items():
        assert np.array_equal(before, after), f"you changed the caller's {name}: make new arrays"
    assert weights.shape == (4, 5), f"4 queries, 5 keys: weights have shape (4, 5), not {weights.shape}"
    assert output.shape == (4, 2), f"4 queries, values 2 wide: the output has shape (4, 2), not {output.shape}"
    assert np.all(weights[~MASK] == 0), "a key that may not be looked at has weight 0"
    seen = MASK.any(1)
    assert np.allclose(weights[seen].sum(1), 1), f"the weights of a query sum to one: yours to {weights[seen].sum(1)}"
    assert np.all(output[~seen] == 0), "a query that may look at nobody hears nothing: zeros"
    assert np.allclose(output, weights @ V), "the output is the mean of the values in the shares of the weights"
    _, weights = attention(Q.copy(), K.copy(), V.copy())
    for i in range(4):
        ratio = np.log(weights[i] / weights[i, 0])
        assert np.allclose(ratio, (K - K[0]) @ Q[i] / np.sqrt(3)), "log weights differ by q · (k − k′) / √D, D = 3 here"
    wide = np.array([[30.0, 30, 30, 30]])
    _, weights = attention(wide, np.vstack([wide, -wide]), np.array([[1.0], [0]]))
    assert np.allclose(weights, [[1, 0]]), "large scores must not overflow: use softmax"


def grade_attention_backward(attention_backward):
    for mask in (None, MASK):
        inputs = {"query": Q.copy(), "key": K.copy(), "value": V.copy()}
        answer = attention_backward(*inputs.values(), UP.copy(), mask)
        assert isinstance(answer, tuple), "return three gradients: for the queries, the keys and the values"
        assert len(answer) == 3, f"return three gradients, for query, key and value; you return {len(answer)}"
        for i, (name, point) in enumerate({"query": Q, "key": K, "value": V}.items()):
            assert np.array_equal(inputs[name], point), f"you changed the caller's {name}: a backward pass only looks"
            assert np.shape(answer[i]) == point.shape, (
                f"a gradient has the shape of what it belongs to: {name} {point.shape}, not {np.shape(answer[i])}"
            )

            def loss(moved, i=i, mask=mask):
                return np.sum(day.attention(*(moved if j == i else a for j, a in enumerate((Q, K, V))), mask)[0] * UP)

            where = "" if mask is None else " under a mask"
            assert np.allclose(answer[i], numerical_gradient(loss, point.copy()), rtol=1e-6, atol=1e-9), (
                f"central differences give another slope for the {name}{where}"
            )


# --- mutants: plausible, wrong, and each worth one sentence ---


def _shares(e):
    with np.errstate(invalid="ignore"):
        return e / e.sum(-1, keepdims=True)


def no_maximum(x, mask=None):
    "exp overflows above 709 (above 89 in float32): take the row's maximum off first, which changes no share."
    with np.errstate(over="ignore"):
        return _shares(np.exp(x if mask is None else np.where(mask, x, -np.inf)))


def maximum_of_the_table(x, mask=None):
    "You take off the maximum of the whole table: a row far below it underflows to 0/0. Each row needs its own."
    x = x if mask is None else np.where(mask, x, -np.inf)
    return _shares(np.exp(x - x.max()))


def a_very_small_score(x, mask=None):
    "A masked score of −10⁹ is small only beside others: a row that may look at nobody then looks at everybody."
    return day.softmax(x if mask is None else np.where(mask, x, -1e9))


def a_row_of_nan(x, mask=None):
    "A row that is masked throughout becomes NaN: −∞ − (−∞), or 0/0. It has nobody to give to: all zeros."
    weights = day.softmax(x, mask)
    return weights if mask is None else np.where(mask.any(-1, keepdims=True), weights, np.nan)


def along_the_other_axis(x, mask=None):
    "Your columns sum to one, not your rows: shares are taken along the last axis."
    return day.softmax(x.T, None if mask is None else mask.T).T


def masked_afterwards(x, mask=None):
    "You mask after the softmax: the shares that were struck out are missing, and the row no longer sums to one."
    return day.softmax(x) if mask is None else day.softmax(x) * mask


def no_root(query, key, value, mask=None):
    "The division by √D is missing: a sum of D products is √D wide, and the softmax saturates as D grows."
    return day.attention(query * np.sqrt(query.shape[1]), key, value, mask)


def divided_by_the_width(query, key, value, mask=None):
    "You divide by D, not by its root: at a large width everybody hears everybody."
    return day.attention(query / np.sqrt(query.shape[1]), key, value, mask)


def root_of_the_keys(query, key, value, mask=None):
    "You divide by the root of the number of keys. What makes the product wide is the number of its terms, D."
    return day.attention(query * np.sqrt(key.shape[1] / len(key)), key, value, mask)


def mask_on_the_weights(query, key, value, mask=None):
    "You mask after the softmax: the weights no longer sum to one, and the answer shrinks. Mask the scores."
    _, weights = day.attention(query, key, value)
    weights = weights if mask is None else weights * mask
    return weights @ value, weights


def score_of_zero(query, key, value, mask=None):
    "You multiply the masked scores by zero. A score of zero is an ordinary score, and keeps its weight."
    scores = query @ key.T / np.sqrt(key.shape[1])
    weights = day.softmax(scores if mask is None else scores * mask)
    return weights @ value, weights


def mask_turned_round(query, key, value, mask=None):
    "Your mask is turned round: True means that the query may look."
    return day.attention(query, key, value, None if mask is None else ~mask)


def over_the_queries(query, key, value, mask=None):
    "Your softmax runs down the queries: each key shares itself out. Each query must, over the keys."
    scores = query @ key.T / np.sqrt(key.shape[1])
    weights = day.softmax(scores.T, None if mask is None else mask.T).T
    return weights @ value, weights


def _backward(query, key, value, upstream, mask, *, scale=None, average=1.0):
    _, weights = day.attention(query, key, value, mask)
    dweights = upstream @ value.T
    dscores = weights * (dweights - average * np.sum(weights * dweights, -1, keepdims=True))
    dscores = dscores / (np.sqrt(key.shape[1]) if scale is None else scale)
    return dscores @ key, dscores.T @ query, weights.T @ upstream


def without_the_average(query, key, value, upstream, mask=None):
    "Your slope of the softmax is w g alone. Shares compete: subtract the average, w (g − Σ w g)."
    return _backward(query, key, value, upstream, mask, average=0.0)


def scaled_twice(query, key, value, upstream, mask=None):
    "You divide by √D twice: once for the scores, and once more on the way to the queries and keys."
    return _backward(query, key, value, upstream, mask, scale=key.shape[1])


def not_scaled(query, key, value, upstream, mask=None):
    "The division by √D is missing on the way back: what scaled the scores scales their slopes."
    return _backward(query, key, value, upstream, mask, scale=1.0)


def keys_from_keys(query, key, value, upstream, mask=None):
    "Your key gradient is made of keys. In q · k the slope at k is q: it is made of queries."
    dquery, _, dvalue = day.attention_backward(query, key, value, upstream, mask)
    _, weights = day.attention(query, key, value, mask)
    dscores = day.softmax_backward(weights, upstream @ value.T) / np.sqrt(key.shape[1])
    return dquery, dscores.sum(0)[:, None] * key, dvalue


def forgets_the_mask(query, key, value, upstream, mask=None):
    "Your backward pass computed its weights without the mask: keys that were never heard are given a slope."
    return day.attention_backward(query, key, value, upstream)


def value_answers_alone(query, key, value, upstream, mask=None):
    "Your value gradient gives every key the whole upstream. A value was heard in the share of its weight: Wᵀ g."
    dquery, dkey, _ = day.attention_backward(query, key, value, upstream, mask)
    return dquery, dkey, np.repeat(upstream.sum(0, keepdims=True), len(value), axis=0)


EXERCISES = {
    "softmax": (
        grade_softmax,
        [
            no_maximum,
            maximum_of_the_table,
            a_very_small_score,
            a_row_of_nan,
            along_the_other_axis,
            masked_afterwards,
        ],
    ),
    "attention": (
        grade_attention,
        [
            no_root,
            divided_by_the_width,
            root_of_the_keys,
            mask_on_the_weights,
            score_of_zero,
            mask_turned_round,
            over_the_queries,
        ],
    ),
    "attention_backward": (
        grade_attention_backward,
        [
            without_the_average,
            scaled_twice,
            not_scaled,
            keys_from_keys,
            forgets_the_mask,
            value_answers_alone,
        ],
    ),
}

PROBES = {
    "softmax": [(SCORES,), (LOUD,), (SCORES, SEEN)],
    "attention": [(Q, K, V), (Q, K, V, MASK)],
    "attention_backward": [(Q, K, V, UP), (Q, K, V, UP, MASK)],
}
