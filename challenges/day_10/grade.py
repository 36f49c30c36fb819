"""What the reader's functions must do on Day 10, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. Fields are counted by gradients through
real convolutions; regimes are judged by cutting the history, since a score would not betray them.
"""

import numpy as np
import torch
from torch.nn import functional

from challenges.course.probes import drawing
from challenges.day_10 import causal_conv
from dlcore.features.regimes.markov import first_guess, fit_switching, steady_state
from dlcore.nn import causal_conv1d as conv_for_use

_drawn = drawing(10)

X, WEIGHT, BIAS = _drawn(2, 9, 3), _drawn(4, 3, 3), _drawn(4)  # all sizes unlike
DAYS = torch.tensor([1.0, 2, 3, 4, 5], dtype=torch.float64)[None, :, None]
KERNEL = torch.tensor([[[1.0, 2, 4]]], dtype=torch.float64)

_rng = np.random.default_rng(10)
_state = np.cumsum(_rng.random(420) < 0.03) % 2  # turns now and then
RETURNS = 0.0004 - 0.0011 * _state + np.array([0.006, 0.021])[_state] * _rng.normal(size=420)
REFIT, MINIMUM = 57, 203
RIGHT = causal_conv.filtered_regimes(RETURNS, REFIT, MINIMUM)  # here, so that numba compiles before any clock runs


def field_by_gradient(taps, dilations, convolutions):
    "Days that the last day of a stack of convolutions hears, itself included; weights positive, so nothing cancels."
    x = torch.zeros(1, 200, 1, dtype=torch.float64, requires_grad=True)
    y = x
    for dilation in dilations:
        for _ in range(convolutions):
            y = conv_for_use(y, torch.ones(1, 1, taps, dtype=torch.float64), dilation=dilation)
    (slope,) = torch.autograd.grad(y[:, -1].sum(), x)
    return 200 - int(slope[0, :, 0].nonzero().min())


# --- graders: each takes the reader's function ---


def grade_causal_conv1d(causal_conv1d):
    plain = causal_conv1d(DAYS.clone(), KERNEL)
    assert tuple(plain.shape) == (1, 5, 1), f"five days in, five days out: (1, 5, 1), not {tuple(plain.shape)}"
    said = plain.flatten().tolist()
    assert np.allclose(said, [4, 10, 17, 24, 31]), f"(1, 2, 4) over 1 … 5 gives 4, 10, 17, 24, 31: you say {said}"
    apart = causal_conv1d(DAYS.clone(), KERNEL, dilation=2).flatten().tolist()
    assert apart == [4, 8, 14, 20, 27], f"at dilation 2 it gives 4, 8, 14, 20, 27: you say {apart}"
    for dilation in (1, 2, 5):
        wanted = conv_for_use(X, WEIGHT, BIAS, dilation=dilation)
        given = causal_conv1d(X.clone(), WEIGHT, BIAS, dilation=dilation)
        assert tuple(given.shape) == (2, 9, 4), f"(2, 9, 3) becomes (2, 9, 4), not {tuple(given.shape)}"
        moved = X.clone()
        moved[:, 5:] += 1
        again = causal_conv1d(moved, WEIGHT, BIAS, dilation=dilation)
        assert torch.allclose(given[:, :5], again[:, :5]), "days 5 and later were changed, and an earlier output moved"
        assert torch.allclose(given, wanted), f"dilation {dilation}: each output mixes all channels of each tap's day"
    bare = causal_conv1d(X.clone(), WEIGHT)
    assert torch.allclose(bare + BIAS, conv_for_use(X, WEIGHT, BIAS)), "the bias is added once to every day's output"
    x = X.clone().requires_grad_()
    out = causal_conv1d(x, WEIGHT)
    assert out.requires_grad, "autograd cannot pass: stay with tensors from x to y"


def grade_receptive_field(receptive_field):
    for taps, dilations, convolutions in (
        (3, [1, 2, 4], 2),
        (2, [1, 3, 9], 1),
        (5, [1], 3),
        (1, [4, 4], 2),
        (3, [7], 2),
    ):
        heard = field_by_gradient(taps, dilations, convolutions)
        said = receptive_field(taps, list(dilations), convolutions=convolutions)
        what = f"{taps} taps, dilations {dilations}, {convolutions} a block"
        assert said == heard, f"{what}: the gradient reaches {heard} days, you say {said}"


def grade_filtered_regimes(filtered_regimes):
    given = np.asarray(filtered_regimes(RETURNS.copy(), REFIT, MINIMUM), dtype=float)
    assert given.shape == (420, 2), f"a chance for each day and state: (420, 2), not {given.shape}"
    assert np.isnan(given[: MINIMUM - 1]).all(), f"no fit before {MINIMUM} returns are known: NaN until then"
    assert np.isfinite(given[MINIMUM - 1 :]).all(), "from the day of the first fit on there is an answer every day"
    assert np.allclose(given[MINIMUM - 1 :].sum(1), 1), "chances of the two states add up to 1"
    for cut in (260, 301, 377):
        earlier = np.asarray(filtered_regimes(RETURNS[:cut].copy(), REFIT, MINIMUM), dtype=float)
        moved = np.nanmax(np.abs(earlier - given[:cut]))
        assert moved < 1e-7, f"with the history cut after {cut} days an earlier chance moves by {moved:.2g}"
    off = np.nanmax(np.abs(given - RIGHT))
    assert off < 1e-9, f"nothing looks ahead, but the chances are off by {off:.2g}: which fit serves on which day?"


# --- mutants: plausible, wrong, and each worth one sentence ---


def pads_both_sides(x, weight, bias=None, dilation=1):
    "You padded on both sides: 10, 17, 24, 31, 14. The right answers, each a day before it could be known."
    side = (weight.shape[-1] - 1) * dilation
    padded = functional.pad(x.mT, (side // 2, side - side // 2))
    return functional.conv1d(padded, weight, bias, dilation=dilation).mT


def flips_the_kernel(x, weight, bias=None, dilation=1):
    "You ran the kernel backwards: 1, 4, 11, 18, 25. The last tap is today."
    return conv_for_use(x, weight.flip(2), bias, dilation=dilation)


def pads_without_dilation(x, weight, bias=None, dilation=1):
    "You padded K − 1 days, whatever the dilation: too few days come out. The farthest tap reaches (K − 1) · d back."
    return functional.conv1d(functional.pad(x.mT, (weight.shape[-1] - 1, 0)), weight, bias, dilation=dilation).mT


def forgets_the_dilation(x, weight, bias=None, dilation=1):
    "The dilation changes nothing in yours: neighbouring taps lie `dilation` days apart."
    return conv_for_use(x, weight, bias)


def one_day_late(x, weight, bias=None, dilation=1):
    "Yours is a day late: today's number belongs to what is known at today's close."
    return conv_for_use(functional.pad(x, (0, 0, 1, 0))[:, :-1], weight, bias, dilation=dilation)


def repeats_the_first_day(x, weight, bias=None, dilation=1):
    "You repeated the first day on the left. Days before the first count as zeros."
    reach = (weight.shape[-1] - 1) * dilation
    padded = torch.cat([x[:, :1].expand(-1, reach, -1), x], 1)
    return conv_for_use(padded, weight, bias, dilation=dilation)[:, reach:]


def bias_for_each_tap(x, weight, bias=None, dilation=1):
    "You added the bias once for every tap. It belongs to the output: once."
    return conv_for_use(x, weight, None if bias is None else weight.shape[-1] * bias, dilation=dilation)


def one_convolution_a_block(taps, dilations, convolutions=2):
    "You counted one convolution in each block: 15 for 29. Reaches add up, one for each convolution."
    return 1 + (taps - 1) * sum(dilations)


def forgets_today(taps, dilations, convolutions=2):
    "You forgot today: 28 days back and today are 29."
    return convolutions * (taps - 1) * sum(dilations)


def multiplies_dilations(taps, dilations, convolutions=2):
    "You multiplied the dilations. Each block reaches so many days farther than the last: they add."
    return 1 + convolutions * (taps - 1) * int(np.prod(dilations))


def counts_taps(taps, dilations, convolutions=2):
    "A kernel of K taps reaches K − 1 days back, not K: one of its taps is today."
    return 1 + convolutions * taps * sum(dilations)


def last_block_only(taps, dilations, convolutions=2):
    "That is the reach of the largest dilation alone. The blocks before it reach back, too."
    return 1 + convolutions * (taps - 1) * max(dilations)


def both_directions(taps, dilations, convolutions=2):
    "That is the width of a network that looks both ways. Ours reaches only back."
    return 1 + 2 * convolutions * (taps - 1) * sum(dilations)


def _fits(returns, refit, minimum, late=0):
    fit = None
    for seen in range(minimum, len(returns) + 1, refit):
        known = returns[: seen + late]
        new = fit_switching(known, fit or first_guess(known, 2))
        fit = fit if new.status == "collapsed" else new
        if fit is not None:
            yield slice(seen - 1, min(seen - 1 + refit, len(returns))), fit


def _chances(returns, refit, minimum, passes, late=0):
    chances = np.full((len(returns), 2), np.nan)
    for block, fit in _fits(returns, refit, minimum, late):
        chances[block] = passes(returns[: block.stop], fit)[block]
    return chances


def _forward(returns, fit):
    return causal_conv.filtered(returns, fit.mean, fit.variance, fit.transition)


def smooths_each_block(returns, refit=252, minimum=504):
    "You smoothed: on most days your chance knows returns that came later. Worth a Sharpe ratio of 1.4 on the index."
    return _chances(returns, refit, minimum, lambda r, fit: causal_conv.smoothed(*_forward(r, fit), fit.transition))


def smooths_the_whole_history(returns, refit=252, minimum=504):
    "One fit to everything, then smoothed: every number knows the whole future."
    fit = fit_switching(returns, first_guess(returns, 2))
    chances = causal_conv.smoothed(*_forward(returns, fit), fit.transition)
    chances[: minimum - 1] = np.nan
    return chances


def fits_the_whole_history(returns, refit=252, minimum=504):
    "You fitted on the whole history and then filtered: no score betrays it, cutting the history does."
    fit = fit_switching(returns, first_guess(returns, 2))
    chances = _forward(returns, fit)[0]
    chances[: minimum - 1] = np.nan
    return chances


def fits_on_the_block_it_serves(returns, refit=252, minimum=504):
    "Each of your fits has seen the days that it then judges: fit on returns[:seen], serve from day seen − 1 on."
    return _chances(returns, refit, minimum, lambda r, fit: _forward(r, fit)[0], late=refit)


def forgets_the_day_itself(returns, refit=252, minimum=504):
    "These are the chances before the day's own return was seen: causal, and a day late."
    return _chances(returns, refit, minimum, lambda r, fit: _forward(r, fit)[1])


def never_turns(returns, refit=252, minimum=504):
    "You never multiply by the transition: each day is judged by itself, from the long-run chances."

    def alone(r, fit):
        loud = -0.5 * ((r[:, None] - fit.mean) ** 2 / fit.variance + np.log(fit.variance))
        chance = steady_state(fit.transition) * np.exp(loud - loud.max(1, keepdims=True))
        return chance / chance.sum(1, keepdims=True)

    return _chances(returns, refit, minimum, alone)


def starts_anew_at_each_fit(returns, refit=252, minimum=504):
    "Your filter forgets the past at every fit. New parameters, but it begins again on day 0."
    chances = np.full((len(returns), 2), np.nan)
    for block, fit in _fits(returns, refit, minimum):
        chances[block] = _forward(returns[block], fit)[0]
    return chances


EXERCISES = {
    "causal_conv1d": (
        grade_causal_conv1d,
        [
            pads_both_sides,
            flips_the_kernel,
            pads_without_dilation,
            forgets_the_dilation,
            one_day_late,
            repeats_the_first_day,
            bias_for_each_tap,
        ],
    ),
    "receptive_field": (
        grade_receptive_field,
        [
            one_convolution_a_block,
            forgets_today,
            multiplies_dilations,
            counts_taps,
            last_block_only,
            both_directions,
        ],
    ),
    "filtered_regimes": (
        grade_filtered_regimes,
        [
            smooths_each_block,
            smooths_the_whole_history,
            fits_the_whole_history,
            fits_on_the_block_it_serves,
            forgets_the_day_itself,
            never_turns,
            starts_anew_at_each_fit,
        ],
    ),
}


PROBES = {
    "causal_conv1d": [(X, WEIGHT, BIAS, 2), (X, WEIGHT, BIAS)],
    "receptive_field": [(3, [1, 2, 4]), (4, [1, 3, 9])],
    "filtered_regimes": [(RETURNS, REFIT, MINIMUM)],
}
