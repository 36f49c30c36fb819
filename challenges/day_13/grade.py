"""What the reader's functions must do on Day 13, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. How many residuals a probe has is chosen
with care: with nine of them, at 90, 80 or 70 %, a wrong rank is the right one.
"""

import numpy as np
import torch
from torch.nn import functional

from challenges.course.probes import drawing
from challenges.day_13 import heads

_drawn = drawing(13)

NAN = float("nan")
SPREADS = {"return": 0.0123, "volatility": 0.71}
SAID = {"return": 0.01 * _drawn(7, 1), "volatility": _drawn(7, 1), "regime": 1.7 * _drawn(7, 3)}
KNOWN = {
    "return": 0.012 * _drawn(7),
    "volatility": _drawn(7),
    "regime": torch.tensor([-1.0, 0, 1, 1, -1, 0, 1], dtype=torch.float64),
}
HOLES = {"return": (2, 5), "volatility": (0, 5, 6), "regime": (1, 5)}  # of sample 5 nothing is known
WANTED = {name: values.clone() for name, values in KNOWN.items()}
for _name, _rows in HOLES.items():
    WANTED[_name][list(_rows)] = NAN

LOGITS = np.array([[2.3, -0.4, 0.9], [0.1, 3.7, -2.2], [-1.5, 0.2, 0.6], [4.1, 4.0, -3.3]])

_rng = np.random.default_rng(13)
PREDICTIONS = _rng.normal(size=6)
RESIDUALS = _rng.standard_t(2, 23) + 0.37  # skewed to one side, and no two alike


# --- graders: each takes the reader's function ---


def grade_multi_task_loss(multi_task_loss):
    got = multi_task_loss(SAID, KNOWN, SPREADS, 0.3)
    assert tuple(np.shape(got)) == (7,), f"one loss for each sample: (7,), not {tuple(np.shape(got))}"
    one = {"return": torch.tensor([[0.03]], dtype=torch.float64)}
    cost = float(multi_task_loss(one, {"return": torch.tensor([0.01], dtype=torch.float64)}, {"return": 0.01}, 9.0)[0])
    assert np.isclose(cost, 4), f"an error of two spreads costs 4, whatever the weight of the others: you say {cost:g}"
    sure = {"regime": torch.tensor([[0.0, 0.0, np.log(2.0)]], dtype=torch.float64)}
    for kind, chance in ((-1.0, 0.25), (0.0, 0.25), (1.0, 0.5)):
        cost = float(multi_task_loss(sure, {"regime": torch.tensor([kind], dtype=torch.float64)}, {}, 1.0)[0])
        assert np.isclose(cost, -np.log(chance)), f"chances ¼, ¼, ½, regime {kind:g}: −log {chance}, you say {cost:.4f}"
    part = multi_task_loss(SAID, WANTED, SPREADS, 0.3)
    assert torch.isfinite(part).all(), "a target that is not known made a loss NaN"
    assert float(part[5]) == 0, f"of sample 5 nothing is known: its loss is 0, you say {float(part[5]):g}"
    for name, rows in HOLES.items():
        moved = {k: v + (5 if k == name else 0) for k, v in SAID.items()}
        after = multi_task_loss(moved, WANTED, SPREADS, 0.3)
        still = torch.isclose(after, part)[list(rows)]
        assert bool(still.all()), f"the {name} of some samples is not known, and what the head says of them costs"
    leaves = {name: values.clone().requires_grad_() for name, values in SAID.items()}
    multi_task_loss(leaves, WANTED, SPREADS, 0.3).sum().backward()
    for name, values in leaves.items():
        assert values.grad is not None, f"no gradient reaches the {name} head: stay with tensors"
        assert torch.isfinite(values.grad).all(), f"a NaN reached the gradient of the {name} head"
    assert torch.allclose(part, heads.multi_task_loss(SAID, WANTED, SPREADS, 0.3)), "the parts are right, not their sum"


def grade_temperature_scale(temperature_scale):
    for logits in (LOGITS, LOGITS[0], np.stack([LOGITS, LOGITS + 1])):
        for temperature in (0.37, 1.0, 3.1):
            p = np.asarray(temperature_scale(logits.copy(), temperature))
            assert p.shape == logits.shape, f"as many probabilities as logits: {logits.shape}, not {p.shape}"
            assert np.allclose(p.sum(-1), 1), "over the classes, the last axis, probabilities add up to 1"
            assert (p.argmax(-1) == logits.argmax(-1)).all(), "the largest logit has no longer the largest probability"
            odds = np.log(p / p[..., :1])
            wanted = (logits - logits[..., :1]) / temperature
            assert np.allclose(odds, wanted), f"at T = {temperature} every log of odds is divided by {temperature}"
    far = np.asarray(temperature_scale(np.array([[1e4, -1e4, 0.0]]), 2.0))
    assert np.allclose(far, [[1, 0, 0]]), f"logits of ±10,000 give {far}: take the largest off before exp"
    flat = np.asarray(temperature_scale(LOGITS.copy(), 1e9))
    assert np.allclose(flat, 1 / 3), "at an endless temperature all classes are alike"


def grade_split_conformal(split_conformal):
    answer = split_conformal(PREDICTIONS.copy(), RESIDUALS.copy(), 0.8)
    assert np.shape(answer) == (2, 6), f"give lower and upper ends, two arrays of 6: not {np.shape(answer)}"
    cases = ((9, 0.9, 9), (10, 0.9, 10), (8, 0.9, None), (23, 0.8, 20), (19, 0.5, 10), (6, 0.86, None))
    for n, coverage, rank in cases:
        sizes = np.sort(np.abs(RESIDUALS[:n]))
        half = np.inf if rank is None else sizes[rank - 1]
        lower, upper = split_conformal(PREDICTIONS.copy(), RESIDUALS[:n].copy(), coverage)
        what = "no finite one" if rank is None else f"the {rank}-th smallest"
        same = np.allclose(lower, PREDICTIONS - half) and np.allclose(upper, PREDICTIONS + half)
        assert same, f"{n} residuals at {coverage:.0%} give {what} as half-width"


# --- mutants: plausible, wrong, and each worth one sentence ---


def _sum_of(loss_of, total=lambda each: sum(each)):
    "A wrong multi_task_loss, from the loss of one head: (name, answer, target, spread, weight) -> (B,)."

    def mutant(said, wanted, spreads, weight=1.0):
        each = [loss_of(n, said[n], wanted[n], spreads.get(n, 1.0), 1.0 if n == "return" else weight) for n in said]
        return total(each)

    return mutant


def _right(name, answer, target, spread, weight):
    return heads.multi_task_loss({name: answer}, {name: target}, {name: spread}, 1.0) * weight


def raw_squares(said, wanted, spreads, weight=1.0):
    "You never divide by the spread: a squared return is about .0001 beside a cross-entropy of 1. Nobody hears it."
    return heads.multi_task_loss(said, wanted, dict.fromkeys(spreads, 1.0), weight)


def divides_squares_by_the_spread(said, wanted, spreads, weight=1.0):
    "Divide before you square: an error of one spread costs 1."
    return heads.multi_task_loss(said, wanted, {name: s**0.5 for name, s in spreads.items()}, weight)


def spread_of_the_batch(said, wanted, spreads, weight=1.0):
    "You divide by the batch's own spread: each batch is then measured in another unit, and a batch of one in none."
    own = {
        name: float(wanted[name][torch.isfinite(wanted[name])].std(correction=0)) for name in spreads if name in wanted
    }
    return heads.multi_task_loss(said, wanted, own, weight)


def unknown_is_zero(said, wanted, spreads, weight=1.0):
    "What is not known counts as 0 with you: the heads learn that nothing happens on those days."
    return heads.multi_task_loss(said, {k: torch.nan_to_num(v) for k, v in wanted.items()}, spreads, weight)


def _masked_by_product(name, answer, target, spread, weight):
    if name == "regime":
        loss = functional.cross_entropy(answer, torch.nan_to_num(target).long() + 1, reduction="none")
    else:
        loss = ((answer[:, 0] - target) / spread) ** 2
    return loss * torch.isfinite(target) * weight


def masks_too_late(said, wanted, spreads, weight=1.0):
    "NaN times 0 is NaN: put a harmless target where none is known before you compute with it."
    return _sum_of(_masked_by_product)(said, wanted, spreads, weight)


def weight_for_all(said, wanted, spreads, weight=1.0):
    "The return's own loss has weight 1: with you the weight is the same for all and only scales the sum."
    return _sum_of(lambda n, a, t, s, w: _right(n, a, t, s, 1.0))(said, wanted, spreads) * weight


def weight_forgotten(said, wanted, spreads, weight=1.0):
    "You forgot the weight of the other heads."
    return heads.multi_task_loss(said, wanted, spreads, 1.0)


def class_as_a_column(said, wanted, spreads, weight=1.0):
    "Class −1 is column 0. As an index, −1 is the last column: you take calm for turbulent, and usual for calm."
    turned = {k: (v[:, [2, 0, 1]] if k == "regime" else v) for k, v in said.items()}
    return heads.multi_task_loss(turned, wanted, spreads, weight)


def softmax_twice(said, wanted, spreads, weight=1.0):
    "You took the softmax twice: cross-entropy wants logits and takes its own."
    twice = {k: (v.softmax(1) if k == "regime" else v) for k, v in said.items()}
    return heads.multi_task_loss(twice, wanted, spreads, weight)


def mean_of_the_batch(said, wanted, spreads, weight=1.0):
    "One number for the whole batch: give each sample its own, (B,); the mean is taken later."
    return heads.multi_task_loss(said, wanted, spreads, weight).mean()


def divides_probabilities(logits, temperature):
    "You divided the probabilities: they no longer add up to 1. Divide the logits."
    return heads.temperature_scale(logits, 1.0) / temperature


def divides_and_renormalises(logits, temperature):
    "You divided the probabilities and made them add up to 1 again: nothing has changed. Divide the logits."
    return heads.temperature_scale(logits, 1.0)


def multiplies(logits, temperature):
    "You multiplied: a temperature above 1 must make less sure, not surer."
    return heads.temperature_scale(logits, 1 / temperature)


def over_everything(logits, temperature):
    "Your softmax runs over all samples at once: over the classes, the last axis."
    return heads.temperature_scale(logits.ravel(), temperature).reshape(logits.shape)


def each_by_itself(logits, temperature):
    "A logistic curve for each class by itself: with three classes that is no softmax, and adds up to anything."
    return 1 / (1 + np.exp(-logits / temperature))


def root_of_the_temperature(logits, temperature):
    "You divided by √T, as attention does. Here the temperature divides as it is."
    return heads.temperature_scale(logits, temperature**0.5)


def overflows(logits, temperature):
    "exp of a large logit is infinite, and infinite over infinite is NaN: take the largest off first."
    with np.errstate(all="ignore"):
        raised = np.exp(logits / temperature)
        return raised / raised.sum(-1, keepdims=True)


def _around(predictions, half):
    return predictions - half, predictions + half


def forgets_the_new_one(predictions, residuals, coverage=0.9):
    "You took ⌈n · coverage⌉: the new day is one of n + 1. With nine residuals at 90 % nobody would have noticed."
    rank = int(np.ceil(len(residuals) * coverage - 1e-9))
    return _around(predictions, np.sort(np.abs(residuals))[rank - 1])


def library_quantile(predictions, residuals, coverage=0.9):
    "np.quantile lies between two residuals, and too low: with nine of them its 90 % cover 82."
    return _around(predictions, np.quantile(np.abs(residuals), coverage))


def largest_for_infinite(predictions, residuals, coverage=0.9):
    "Where k > n no residual is large enough. The honest half-width is infinite, not the largest one you have."
    rank = min(int(np.ceil((len(residuals) + 1) * coverage - 1e-9)), len(residuals))
    return _around(predictions, np.sort(np.abs(residuals))[rank - 1])


def rounds_down(predictions, residuals, coverage=0.9):
    "You rounded k down: then less than the promised share lies inside."
    rank = int((len(residuals) + 1) * coverage)
    return _around(predictions, np.sort(np.abs(residuals))[rank - 1] if rank <= len(residuals) else np.inf)


def signs_kept(predictions, residuals, coverage=0.9):
    "You sorted residuals with their signs: the largest misses downwards then count as the smallest."
    rank = int(np.ceil((len(residuals) + 1) * coverage - 1e-9))
    return _around(predictions, np.sort(residuals)[rank - 1] if rank <= len(residuals) else np.inf)


def half_of_the_half(predictions, residuals, coverage=0.9):
    "The quantile is half of the width already: do not halve it again."
    return _around(predictions, heads.conformal_quantile(residuals, coverage) / 2)


def two_tails(predictions, residuals, coverage=0.9):
    "You took the tails apart: a fair interval for skewed residuals, but not the one of absolute residuals."
    n, tail = len(residuals), (1 - coverage) / 2
    high = int(np.ceil((n + 1) * (1 - tail) - 1e-9))
    ordered = np.sort(residuals)
    ends = (ordered[n - high], ordered[high - 1]) if high <= n else (-np.inf, np.inf)
    return predictions + ends[0], predictions + ends[1]


EXERCISES = {
    "multi_task_loss": (
        grade_multi_task_loss,
        [
            raw_squares,
            divides_squares_by_the_spread,
            spread_of_the_batch,
            unknown_is_zero,
            masks_too_late,
            weight_for_all,
            weight_forgotten,
            class_as_a_column,
            softmax_twice,
            mean_of_the_batch,
        ],
    ),
    "temperature_scale": (
        grade_temperature_scale,
        [
            divides_probabilities,
            divides_and_renormalises,
            multiplies,
            over_everything,
            each_by_itself,
            root_of_the_temperature,
            overflows,
        ],
    ),
    "split_conformal": (
        grade_split_conformal,
        [
            forgets_the_new_one,
            library_quantile,
            largest_for_infinite,
            rounds_down,
            signs_kept,
            half_of_the_half,
            two_tails,
        ],
    ),
}

PROBES = {
    "multi_task_loss": [(SAID, WANTED, SPREADS, 0.3), (SAID, KNOWN, SPREADS, 2.0)],
    "temperature_scale": [(LOGITS, 2.7), (np.array([[900.0, -900.0, 3.0]]), 0.6)],
    "split_conformal": [
        (PREDICTIONS, RESIDUALS, 0.83),
        (PREDICTIONS, RESIDUALS[:10], 0.9),
        (PREDICTIONS, RESIDUALS[:8], 0.9),
    ],
}
