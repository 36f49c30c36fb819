"""What the reader's functions must do on Day 8, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. The graphs share nodes, stretch arrays
and have been walked before; slopes of an earlier step are left lying about; one array is square, because there the
wrong axis has the right shape.
"""

import numpy as np

from challenges.day_08 import autograd
from challenges.day_08.autograd import Tensor
from dlcore.handwritten import numerical_gradient

_rng = np.random.default_rng(8)


def _drawn(*shape):
    return np.round(_rng.normal(size=shape), 3)


def square_and_itself():
    x = Tensor(3.0)
    return x**2 + x


def diamond(first):
    x = Tensor(3.0)
    a = x**2
    return a + a * x if first else a * x + a


def two_roads():
    "Both roads are equally long: level by level is right here, and going down at once is not."
    x = Tensor(3.0)
    a = x**2
    return a * 2 + a * 3


def stretched():
    column, row, number = Tensor(_drawn(3, 1)), Tensor(_drawn(4)), Tensor(1.7)
    return ((column * row + number) ** 2 + row * 0.3).sum()


def walked_before():
    "(x²)² at 3 after one call, with what an engine that keeps every slope would have left on the results."
    x = Tensor(3.0)
    a = x**2
    loss = a**2
    x.grad, a.grad, loss.grad = np.array(108.0), np.array(18.0), np.array(1.0)
    return loss


def line(x, parameters):
    weight, bias = parameters
    return x @ weight + bias


X, Y = _drawn(5, 3), _drawn(5)
SQUARE, WIDE, DEEP = np.arange(9.0).reshape(3, 3), np.arange(12.0).reshape(3, 4), _drawn(2, 3, 4)


def left_over():
    "Weights and a bias with the slopes of an earlier step still on them."
    weight, bias = Tensor(np.array([[0.5], [-1.2], [2.0]])), Tensor(np.array([0.3]))
    weight.grad, bias.grad = np.array([[1.0], [2.0], [-3.0]]), np.array([0.7])
    return [weight, bias]


def close(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-9, atol=1e-11)


# --- graders: each takes the reader's function ---


def grade_unbroadcast(unbroadcast):
    for gradient, shape, wanted in (
        (WIDE, (3, 1), [[6], [22], [38]]),
        (WIDE, (4,), [12, 15, 18, 21]),
        (SQUARE, (3,), [9, 12, 15]),
        (SQUARE, (3, 1), [[3], [12], [21]]),
        (WIDE, (), 66),
        (WIDE, (3, 4), WIDE),
    ):
        given = np.asarray(unbroadcast(gradient.copy(), shape))
        assert given.shape == shape, f"slopes {gradient.shape} back to {shape}: you give {given.shape}"
        assert close(given, np.array(wanted, float)), f"0, 1, 2, … as {gradient.shape} back to {shape}: {wanted}"
    both = np.asarray(unbroadcast(DEEP.copy(), (3, 1)))
    assert close(both, DEEP.sum(0).sum(-1, keepdims=True)), "a new axis in front and a stretched one: sum over both"


def grade_backward(backward):
    x = Tensor(3.0)
    result = x**2 + x
    first = list(backward(result))
    assert close(first, [7.0]), f"d(x² + x)/dx at 3 is 7: you say {first}"
    assert close(x.grad, 7.0), f"the leaf's grad should hold the slope, it holds {x.grad}"
    second = list(backward(result))
    assert close(second, [14.0]), f"a second call adds the same once more: 14, you say {second}"
    inner = x**2
    backward(inner * x)
    assert close(inner.grad, 0.0), "only leaves keep a grad: you wrote one on a result"
    for first in (True, False):
        given = backward(diamond(first))
        text = "a + a·x" if first else "a·x + a"
        assert close(given, [33.0]), f"{text} with a = x², x = 3: slope 33, you say {given}"
    a, b = _drawn(3, 1), _drawn(4)

    def value(array):
        one, other = Tensor(array), Tensor(b)
        c = one * other + one
        return (c * c + c.relu() * other + c**3).sum()

    slopes = backward(value(a))
    assert len(slopes) == 2, f"two leaves went in, {len(slopes)} slopes came out"
    assert np.shape(slopes[0]) == (3, 1), f"a slope has its leaf's shape, (3, 1): yours has {np.shape(slopes[0])}"
    numeric = numerical_gradient(lambda array: float(value(array).data), a)
    assert np.allclose(slopes[0], numeric, rtol=1e-6), "central differences of a small graph disagree with your slopes"
    _grade_depth(backward)


def _grade_depth(backward):
    x, pulls = Tensor(1.0), []
    many = x
    for _ in range(14):
        many = Tensor(many.data, [(many, lambda g: (pulls.append(1), g * 0.5)[1])] * 2)
    backward(many)
    assert len(pulls) <= 28, f"28 edges, and you pulled {len(pulls):,} times: sum a node's slopes first, then pass on"
    chain = x
    for _ in range(3000):
        chain = chain + 0.0
    try:
        given = backward(chain)
    except RecursionError:
        raise AssertionError("a chain of 3,000 additions ends your recursion: keep a list of what waits") from None
    assert close(given, [x.grad]), "the slope of a chain of 3,000 additions is 1, added to what was there"


def grade_train_step(train_step):
    p = Tensor(np.zeros((1, 1)))
    one = np.ones((1, 1))
    for wanted in (0.2, 0.36, 0.488):
        train_step(lambda x, parameters: x @ parameters[0], [p], one, np.ones(1), 0.1)
        assert close(p.data, [[wanted]]), f"steps of .1 on (p − 1)² from 0: .2, .36, .488, not {p.data[0, 0]:.3f}"
    parameters = left_over()
    arrays, copies = [q.data for q in parameters], [q.data.copy() for q in parameters]
    loss, moved = train_step(line, parameters, X, Y, 0.1)
    assert np.isclose(loss, np.mean((X @ copies[0][:, 0] + copies[1][0] - Y) ** 2)), "the loss is a mean over B rows"
    assert all(close(a, c) for a, c in zip(arrays, copies, strict=True)), "you moved arrays in place: make new ones"
    assert all(close(q.data, m) for q, m in zip(parameters, moved, strict=True)), "return what the parameters now hold"
    truth, weights = _drawn(3), [Tensor(np.zeros((3, 1))), Tensor(np.zeros(1))]
    for _ in range(300):
        train_step(line, weights, X, X @ truth + 1, 0.1)
    slope = np.polyfit(X @ truth + 1, line(X, weights).data[:, 0], 1)[0]
    assert np.isclose(slope, 1, atol=0.05), f"after 300 steps the slope of forecast on truth is {slope:.2f}, not 1"


# --- mutants: plausible, wrong, and each worth one sentence ---


def drops_the_axis(gradient, shape):
    "An axis of length 1 is gone: the slope of a (3, 1) is a (3, 1), so keep the axes that you sum over."
    gradient = gradient.sum(tuple(range(gradient.ndim - len(shape))))
    return gradient.sum(tuple(axis for axis, size in enumerate(shape) if size == 1))


def sums_the_wrong_axes(gradient, shape):
    "You summed the axes that were there, and kept the new ones: numpy adds axes in front. On a square nobody notices."
    if gradient.shape == shape:
        return gradient
    axis = gradient.ndim - 1 if len(shape) < gradient.ndim else 1 - shape.index(1)
    out = gradient.sum(axis)
    return out.reshape(shape) if out.size == np.prod(shape) else out


def means_not_sums(gradient, shape):
    "You averaged. An entry that was used k times moved the result k times: sum."
    return autograd.unbroadcast(gradient, shape) / (gradient.size / np.prod(shape))


def one_use_of_many(gradient, shape):
    "You took the slope of one use and forgot the others: sum over all of them."
    front = gradient[(0,) * (gradient.ndim - len(shape))]
    return front[tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)]


def forgets_the_new_axes(gradient, shape):
    "The axes that numpy put in front are still there: sum over them as well."
    front = gradient.ndim - len(shape)
    return gradient.sum(tuple(front + axis for axis, size in enumerate(shape) if size == 1), keepdims=True)


def forgets_the_ones(gradient, shape):
    "The axes of length 1 that numpy stretched are still stretched: sum over them, and keep them."
    return gradient.sum(tuple(range(gradient.ndim - len(shape))))


def _walk(loss, order, combine, seed=None):
    slope = {loss: np.ones_like(loss.data)}
    for node in order:
        for parent, pull in node.parents:
            pulled = autograd.unbroadcast(pull(slope.get(node, np.zeros_like(node.data))), parent.data.shape)
            slope[parent] = combine(slope.get(parent, 0), pulled)
    return slope


def _below(loss, last_in_first_out=True):
    found, waiting = [loss], [loss]
    while waiting:
        node = waiting.pop(-1 if last_in_first_out else 0)
        for parent, _ in node.parents:
            if parent not in found:
                found.append(parent)
                waiting.append(parent)
    return found


def _kept(loss, slope):
    leaves = sorted((node for node in _below(loss) if not node.parents), key=lambda node: node.born)
    for leaf in leaves:
        leaf.grad = leaf.grad + slope[leaf]
    return [leaf.grad for leaf in leaves]


def _youngest_first(loss):
    return sorted(_below(loss), key=lambda node: -node.born)


def overwrites(loss):
    "You wrote = where a slope is a sum: a tensor that is used twice has two slopes (7 for x² + x at 3, not 1 or 6)."
    return _kept(loss, _walk(loss, _youngest_first(loss), lambda _, new: new))


def breadth_first(loss):
    "You went level by level, and passed a slope on before all uses had reported: 33, whichever way the sum is written."
    return _kept(loss, _walk(loss, _below(loss, last_in_first_out=False), lambda old, new: old + new))


def depth_first(loss):
    "You went down as soon as you could, and passed a slope on before all uses had reported: a node's uses come first."
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            order.append(node)
            for parent, _ in node.parents:
                visit(parent)

    visit(loss)
    return _kept(loss, _walk(loss, order, lambda old, new: old + new))


def oldest_first(loss):
    "You went from old to young: start at the loss, which is the youngest."
    return _kept(loss, _walk(loss, _youngest_first(loss)[::-1], lambda old, new: old + new))


def keeps_inner_slopes(loss):
    "You kept slopes on results from an earlier call and counted them again: 324 for 216. Only leaves keep theirs."
    loss.grad = np.ones_like(loss.data)
    for node in _youngest_first(loss):
        for parent, pull in node.parents:
            parent.grad = parent.grad + autograd.unbroadcast(pull(node.grad), parent.data.shape)
    return [node.grad for node in sorted(_below(loss), key=lambda node: node.born) if not node.parents]


def replaces_grad(loss):
    "You set grad anew: a second call adds to what the first has left (7, then 14)."
    for node in _below(loss):
        node.grad = 0.0
    return autograd.backward(loss)


def stays_stretched(loss):
    "Your slopes have the stretched shape: unbroadcast what a pull returns to the shape of the parent."
    slope = {loss: np.ones_like(loss.data)}
    for node in _youngest_first(loss):
        for parent, pull in node.parents:
            slope[parent] = slope.get(parent, 0) + pull(slope[node])
    return _kept(loss, slope)


def _step(predict, parameters, x, y, rate, *, clear=True, error=None, sign=-1.0):
    if clear:
        for parameter in parameters:
            parameter.grad = 0.0
    loss = error(predict(x, parameters), y)
    autograd.backward(loss)
    for parameter in parameters:
        parameter.data = parameter.data + sign * rate * parameter.grad
    return float(loss.data), [parameter.data for parameter in parameters]


def _right(p, y):
    return ((p - y[:, None]) ** 2).mean()


def never_clears(predict, parameters, x, y, rate):
    "The slopes of the step before are still in there: set every grad to zero first (1.008 for .488 after three)."
    return _step(predict, parameters, x, y, rate, clear=False, error=_right)


def everyone_against_everyone(predict, parameters, x, y, rate):
    "(B, 1) minus (B,) is (B, B): every row met every target, and learns its own divided by B."
    return _step(predict, parameters, x, y, rate, error=lambda p, t: ((p - t) ** 2).mean())


def sums_the_loss(predict, parameters, x, y, rate):
    "You summed the squares: the step is B times too long, and longer for longer batches. Take the mean."
    return _step(predict, parameters, x, y, rate, error=lambda p, t: ((p - t[:, None]) ** 2).sum())


def goes_uphill(predict, parameters, x, y, rate):
    "You went up the slope: subtract."
    return _step(predict, parameters, x, y, rate, error=_right, sign=1.0)


def clears_too_late(predict, parameters, x, y, rate):
    "You cleared the slopes between backward and the step: nothing moves. Clear before backward."
    return _step(predict, parameters, x, y, rate, error=_right, sign=0.0)


def loss_after_the_step(predict, parameters, x, y, rate):
    "That is the loss after the step: return the one that the slopes belong to."
    _, moved = _step(predict, parameters, x, y, rate, error=_right)
    return float(_right(predict(x, parameters), y).data), moved


EXERCISES = {
    "unbroadcast": (
        grade_unbroadcast,
        [
            drops_the_axis,
            sums_the_wrong_axes,
            means_not_sums,
            one_use_of_many,
            forgets_the_new_axes,
            forgets_the_ones,
        ],
    ),
    "backward": (
        grade_backward,
        [
            overwrites,
            breadth_first,
            depth_first,
            oldest_first,
            keeps_inner_slopes,
            replaces_grad,
            stays_stretched,
        ],
    ),
    "train_step": (
        grade_train_step,
        [
            never_clears,
            everyone_against_everyone,
            sums_the_loss,
            goes_uphill,
            clears_too_late,
            loss_after_the_step,
        ],
    ),
}

PROBES = {
    "unbroadcast": [(SQUARE, (3,)), (WIDE, (3, 1)), (WIDE, (4,)), (SQUARE, (3, 1))],
    "backward": [
        (square_and_itself(),),
        (diamond(True),),
        (diamond(False),),
        (two_roads(),),
        (stretched(),),
        (walked_before(),),
    ],
    "train_step": [(line, left_over(), X, Y, 0.1)],
}
