"""What the reader's functions must do on Day 14, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. Windows, steps and channels differ in
number, windows do not fill their batches, and channels differ in level and size by orders of magnitude.
"""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from challenges.course.probes import drawing, linear
from challenges.day_14 import forecasters as lesson

_drawn = drawing(14)
_linear = partial(linear, _drawn)


class _Attending(nn.Module):
    """One head among tokens and a bend: enough to notice who is a token."""

    def __init__(self, width):
        super().__init__()
        self.q, self.k, self.v = (_linear(width, width) for _ in range(3))

    def forward(self, x):
        weights = torch.softmax(self.q(x) @ self.k(x).mT, -1)
        return x + functional.gelu(weights @ self.v(x))


# "By hand": the scale is 1, errors of a forecast of zero are .3 in eight windows and .8 in two
SMALL = torch.tensor([1.0, -1, 1, -1] + [0.3**0.5] * 8 + [0.8**0.5] * 2, dtype=torch.float64)[:, None]
FILE = _drawn(43, 3).cumsum(0) * torch.tensor([1.0, 30, 0.02]) + torch.tensor([0.0, 500, -1])
FILE[30:] *= 1.7  # the test rows are wilder


def zero(past):
    """A forecast of zero, one step ahead."""
    return torch.zeros_like(past[:, :1])


def last(past):
    """The last value, four steps ahead."""
    return past[:, -1:].expand(-1, 4, -1)


TEN, LEVEL = torch.arange(1.0, 11.0).double()[None, :, None], torch.full((1, 12, 1), 100.0).double()
WINDOWS = _drawn(4, 9, 3) * torch.tensor([1.0, 20, 0.05]) + torch.tensor([0.0, -70, 3])
SEASONAL, TRENDWISE, EMBED, PROJECT = _linear(9, 5), _linear(9, 5), _linear(9, 6), _linear(6, 5)
ENCODER = _Attending(6)
PARTS = (EMBED, ENCODER, PROJECT)
OTHER = _drawn(4, 9)


def close(a, b):
    return torch.allclose(torch.as_tensor(a, dtype=torch.float64), b, rtol=1e-9, atol=1e-10)


# --- graders: each takes the reader's function ---


def grade_evaluate(evaluate):
    given = evaluate(zero, SMALL.clone(), 4, 4, 1, 1, batch=4)
    assert isinstance(given, float), f"return one Python number: yours is a {type(given).__name__}"
    assert abs(given - 0.4) < 1e-9, f"ten windows, errors .3 eight times and .8 twice: .400, yours is {given:.3f}"
    seen = []

    def watching(past):
        seen.append(past.clone())
        return last(past)

    kept = FILE.clone()
    once = evaluate(watching, kept, 25, 30, 7, 4, batch=4)
    assert torch.equal(kept, FILE), "you changed the caller's values: make new tensors"
    assert all(part.shape[1:] == (7, 3) and len(part) <= 4 for part in seen), "windows are (≤ batch, look_back, C)"
    z = (FILE - FILE[:25].mean(0)) / FILE[:25].std(0, correction=0)
    windows = torch.stack([z[k - 7 : k] for k in range(30, 40)])
    given = torch.cat(seen)
    assert len(given) == 10, f"13 test rows, four steps ahead: ten windows, you made {len(given)}"
    assert close(given.sum(), windows.sum()), "the windows are not those of the test rows, on the training rows' scale"
    assert close(given, windows), "give the windows in the order of their rows: nothing is to be shuffled here"
    futures = torch.stack([z[k : k + 4] for k in range(30, 40)])
    wanted = (windows[:, -1:] - futures).square().mean().item()
    assert abs(once - wanted) < 1e-9 * wanted, "the mean over windows, steps and channels of repeating the last value"
    for batch in (1, 3, 10, 64):
        assert abs(evaluate(last, FILE, 25, 30, 7, 4, batch=batch) - wanted) < 1e-9 * wanted, (
            f"with batches of {batch} your answer is another: it must not depend on the batch"
        )


def grade_moving_average(moving_average):
    given = moving_average(TEN, 5)
    assert tuple(given.shape) == (1, 10, 1), f"a trend is as long as its window: (1, 10, 1), got {tuple(given.shape)}"
    wanted = torch.tensor([1.6, 2.2, 3, 4, 5, 6, 7, 8, 8.8, 9.4]).double()[None, :, None]
    assert torch.allclose(given, wanted, atol=1e-6), f"1 … 10, five taps: yours is {given[0, :, 0].numpy().round(2)}"
    assert close(moving_average(LEVEL, 7), LEVEL), "a constant is its own trend, at the ends as well"
    kept = WINDOWS.clone()
    assert close(moving_average(kept, 1), WINDOWS), "over one tap a window is its own trend"
    assert torch.equal(kept, WINDOWS), "you changed the caller's windows"
    turned = moving_average(WINDOWS.flip(1), 3).flip(1)
    assert close(turned, moving_average(WINDOWS, 3)), "the mean lies around each step: read backwards it is the same"
    for taps in (3, 5, 9, 13):
        assert close(moving_average(WINDOWS, taps), lesson.moving_average(WINDOWS, taps)), f"with {taps} taps it is off"


def grade_dlinear(dlinear):
    kept = WINDOWS.clone()
    given = dlinear(kept, SEASONAL, TRENDWISE, 3)
    assert tuple(given.shape) == (4, 5, 3), f"expected (batch, horizon, channels) = (4, 5, 3), got {tuple(given.shape)}"
    assert torch.equal(kept, WINDOWS), "you changed the caller's windows"
    trend = lesson.moving_average(WINDOWS, 3)
    wanted = SEASONAL((WINDOWS - trend).mT).mT + TRENDWISE(trend.mT).mT
    assert close(given, wanted), "one map of what is left without the trend, one of the trend, added up"
    one = torch.cat([dlinear(WINDOWS[..., [c]], SEASONAL, TRENDWISE, 3) for c in range(3)], -1)
    assert close(given, one), "a channel alone has another forecast than among the others: the maps run along time"
    same = (SEASONAL(WINDOWS.mT) + SEASONAL.bias[:, None].T).mT  # two maps, so the constant comes twice
    assert close(dlinear(WINDOWS, SEASONAL, SEASONAL, 5), same), "with one map for both, trend and rest add up to x"


def grade_itransformer(itransformer):
    kept = WINDOWS.clone()
    given = itransformer(kept, *PARTS)
    assert tuple(given.shape) == (4, 5, 3), f"expected (batch, horizon, channels) = (4, 5, 3), got {tuple(given.shape)}"
    assert torch.equal(kept, WINDOWS), "you changed the caller's windows"
    order = [2, 0, 1]
    assert close(itransformer(WINDOWS[..., order], *PARTS), given[..., order]), (
        "channels in another order must have their forecasts in that order: a token is a channel, and has no place"
    )
    one = torch.cat([itransformer(WINDOWS[[k]], *PARTS) for k in range(4)])
    assert close(given, one), "a window alone has another forecast than in its batch: only channels look at each other"
    grown = itransformer(WINDOWS * 1000 + 7, *PARTS)
    assert torch.allclose(grown, given * 1000 + 7, rtol=1e-3, atol=1.0), "windows in other units: forecasts in those"
    other = WINDOWS.clone()
    other[..., 0] = OTHER
    moved = itransformer(other, *PARTS)[..., 1:] - given[..., 1:]
    assert moved.abs().max() > 1e-6, "another channel has changed and nobody heard it"
    still = itransformer(torch.full((1, 9, 2), 5.0).double(), *PARTS)
    assert still.isfinite().all(), "a channel that does not move gives no number: 1e-5 under the root"
    assert close(given, lesson.itransformer(WINDOWS, *PARTS)), "scale, embed, encode, project, scale back: yours is off"


# --- mutants: plausible, wrong, and each worth one sentence ---


def _evaluated(scale=None, pick=None, total=None):
    """An `evaluate` with one part exchanged: the scale's rows, the origins, how losses become one number."""

    def run(forecast, values, train, first, look_back, horizon, batch=32):
        known = (scale or (lambda v, n: v[:n]))(values, train)
        z = (values - known.mean(0)) / known.std(0, correction=0)
        origins = list(range(first, len(z) - horizon + 1))
        origins = (pick or (lambda o, *_: o))(origins, look_back, horizon)
        losses = []
        for k in range(0, len(origins), batch):
            part = torch.stack([z[o - look_back : o + horizon] for o in origins[k : k + batch]])
            losses.append((forecast(part[:, :look_back]) - part[:, look_back:]).square().mean((1, 2)))
        return float((total or (lambda each, _: torch.cat(each).mean()))(losses, batch))

    return run


def drops_the_last_batch(forecast, values, train, first, look_back, horizon, batch=32):
    "Your last batch, when it is not full, does not count: which windows vanish depends on the batch, .300 for .400."

    def full(each, batch):
        whole = [one for one in each if len(one) == batch]
        return torch.cat(whole).mean() if whole else torch.tensor(torch.nan)

    return _evaluated(total=full)(forecast, values, train, first, look_back, horizon, batch)


def averages_batches(forecast, values, train, first, look_back, horizon, batch=32):
    "You took the mean of the batches' means: the windows of a short last batch count more than others, .467 for .400."
    run = _evaluated(total=lambda each, _: torch.stack([one.mean() for one in each]).mean())
    return run(forecast, values, train, first, look_back, horizon, batch)


def scales_by_everything(forecast, values, train, first, look_back, horizon, batch=32):
    "Your scale is that of the whole file, test rows included: another ruler, comparable with no table."
    return _evaluated(scale=lambda v, n: v)(forecast, values, train, first, look_back, horizon, batch)


def scales_until_the_test(forecast, values, train, first, look_back, horizon, batch=32):
    "Your scale is that of all rows before the test; validation rows belong to it no more than test rows: `train` only."
    return _evaluated(scale=lambda v, n: v[:first])(forecast, values, train, first, look_back, horizon, batch)


def divides_by_one_less(forecast, values, train, first, look_back, horizon, batch=32):
    "torch's std divides by n − 1 unless told; the benchmark's scale is the population's: correction=0."
    known = values[:train]
    z = (values - known.mean(0)) / known.std(0)
    run = _evaluated(scale=lambda v, n: torch.stack([v[0] * 0 - 1, v[0] * 0 + 1]))  # mean 0 and size 1: z as it is
    return run(forecast, z, train, first, look_back, horizon, batch)


def does_not_scale(forecast, values, train, first, look_back, horizon, batch=32):
    "Your errors are in the file's own units: a channel of hundreds drowns the others. Scale by the training rows."
    run = _evaluated(scale=lambda v, n: torch.stack([v[0] * 0 - 1, v[0] * 0 + 1]))
    return run(forecast, values, train, first, look_back, horizon, batch)


def forgets_the_last_window(forecast, values, train, first, look_back, horizon, batch=32):
    "One window is missing at the end: with T rows the last first step is row T − horizon, so range goes one further."
    return _evaluated(pick=lambda o, *_: o[:-1])(forecast, values, train, first, look_back, horizon, batch)


def wants_the_past_in_the_test(forecast, values, train, first, look_back, horizon, batch=32):
    "Your windows lie in the test rows with their past, too: then how many there are depends on the look-back."
    run = _evaluated(pick=lambda o, look_back, _: [k for k in o if k >= first + look_back])
    return run(forecast, values, train, first, look_back, horizon, batch)


def steps_by_the_horizon(forecast, values, train, first, look_back, horizon, batch=32):
    "Your windows stand a horizon apart: take one for each row; it is the error bar that has to know of overlap."
    run = _evaluated(pick=lambda o, _, horizon: o[::horizon])
    return run(forecast, values, train, first, look_back, horizon, batch)


def _padded(windows, taps, mode):
    beyond = (taps - 1) // 2
    return functional.avg_pool1d(functional.pad(windows.mT, (beyond, beyond), mode=mode), taps, 1).mT


def pads_with_zeros(windows, taps):
    "Beyond the ends you have zeros: at level 100 the last trend sinks, and the fall is taken for season."
    return _padded(windows, taps, "constant")


def pads_in_a_mirror(windows, taps):
    "Beyond the ends your window is mirrored; here its first and last value go on."
    beyond = (taps - 1) // 2
    places = torch.arange(-beyond, windows.shape[1] + beyond).abs() % (2 * windows.shape[1] - 2)
    places = torch.minimum(places, 2 * windows.shape[1] - 2 - places)
    return windows[:, places].unfold(1, taps, 1).mean(-1)


def shortens_the_mean(windows, taps):
    "Near the ends you average fewer steps; here the end values go on, so that there are always `taps`."
    inside = torch.ones_like(windows)
    return _padded(windows, taps, "constant") / _padded(inside, taps, "constant")


def looks_back_only(windows, taps):
    "Your mean ends at its step instead of lying around it: a trend that comes half a window late."
    start = windows[:, :1].expand(-1, taps - 1, -1)
    return torch.cat([start, windows], 1).unfold(1, taps, 1).mean(-1)


def leaves_the_ends_out(windows, taps):
    "Your trend is shorter than its window: go on with the end values first."
    return windows.unfold(1, taps, 1).mean(-1) if taps <= windows.shape[1] else windows[:, :0]


def averages_channels(windows, taps):
    "Your mean runs across channels: it is time that is averaged, for each channel by itself."
    beyond = (taps - 1) // 2
    padded = torch.cat([windows[..., :1].expand(-1, -1, beyond), windows, windows[..., -1:].expand(-1, -1, beyond)], -1)
    return padded.unfold(2, taps, 1).mean(-1)


def shares_one_map(windows, seasonal, trendwise, taps):
    "Trend and rest went through the same map: then the decomposition cancels, and what is left is seasonal(x)."
    return lesson.dlinear(windows, seasonal, seasonal, taps)


def exchanges_the_maps(windows, seasonal, trendwise, taps):
    "The trend went through `seasonal` and the rest through `trendwise`."
    return lesson.dlinear(windows, trendwise, seasonal, taps)


def keeps_the_trend_in_the_season(windows, seasonal, trendwise, taps):
    "The trend was not taken off before `seasonal`: it is counted twice."
    trend = lesson.moving_average(windows, taps)
    return lesson.over_time(seasonal, windows) + lesson.over_time(trendwise, trend)


def forgets_the_trend(windows, seasonal, trendwise, taps):
    "You forecast the season and left the trend behind."
    return lesson.over_time(seasonal, windows - lesson.moving_average(windows, taps))


def reshapes_dlinear(windows, seasonal, trendwise, taps):
    "You made (B, C, L) by reshape: steps of all channels got mixed. Swap the axes."
    trend = lesson.moving_average(windows, taps)
    turned = [part.reshape(len(part), part.shape[2], -1) for part in (windows - trend, trend)]
    return (seasonal(turned[0]) + trendwise(turned[1])).mT


def _inverted(scale, restore=lambda said, mean, size: said * size + mean, tokens=lambda x: x.mT):
    def run(windows, embed, encoder, project):
        scaled, mean, size = scale(windows)
        return restore(project(encoder(embed(tokens(scaled)))).mT, mean, size)

    return run


def _over(axes, correction=0, epsilon=1e-5):
    def scale(windows):
        mean = windows.mean(axes, keepdim=True)
        size = (windows.var(axes, keepdim=True, correction=correction) + epsilon).sqrt()
        return (windows - mean) / size, mean, size

    return scale


def normalises_across_channels(windows, embed, encoder, project):
    "You normalised across channels: the quiet one vanishes beside the loud one. Each has its own mean and size."
    return _inverted(_over((1, 2)))(windows, embed, encoder, project)


def normalises_over_the_batch(windows, embed, encoder, project):
    "Mean and size are taken over the batch as well: a forecast then depends on who else is asked. Over time only."
    return _inverted(_over((0, 1)))(windows, embed, encoder, project)


def divides_the_variance_by_less(windows, embed, encoder, project):
    "The scale is the population's: var(correction=0), or take `own_scale`."
    return _inverted(_over(1, 1))(windows, embed, encoder, project)


def leaves_out_the_epsilon(windows, embed, encoder, project):
    "A channel that does not move is divided by zero: 1e-5 belongs under the root."
    return _inverted(_over(1, 0, 0.0))(windows, embed, encoder, project)


def does_not_normalise(windows, embed, encoder, project):
    "Windows went in as they are: the encoder hears units instead of shapes."
    return project(encoder(embed(windows.mT))).mT


def stays_on_the_windows_scale(windows, embed, encoder, project):
    "The forecast was not brought back: it is in units of its window."
    return _inverted(lesson.own_scale, lambda said, mean, size: said)(windows, embed, encoder, project)


def restores_the_mean_only(windows, embed, encoder, project):
    "On the way back you added the mean and forgot the size."
    return _inverted(lesson.own_scale, lambda said, mean, size: said + mean)(windows, embed, encoder, project)


def restores_in_the_wrong_order(windows, embed, encoder, project):
    "On the way back the size comes first: (said + mean) · size is another number."
    return _inverted(lesson.own_scale, lambda said, mean, size: (said + mean) * size)(windows, embed, encoder, project)


def tokens_by_reshape(windows, embed, encoder, project):
    "You made tokens by reshape: a token has pieces of all channels, one after another. Swap the axes."
    run = _inverted(lesson.own_scale, tokens=lambda x: x.reshape(len(x), x.shape[2], -1))
    return run(windows, embed, encoder, project)


def attends_over_the_batch(windows, embed, encoder, project):
    "Windows of a batch look at each other instead of channels: the token axis is the second, (B, C, D)."
    scaled, mean, size = lesson.own_scale(windows)
    tokens = encoder(embed(scaled.mT).transpose(0, 1)).transpose(0, 1)
    return project(tokens).mT * size + mean


def every_channel_alone(windows, embed, encoder, project):
    "Every channel was encoded by itself: nobody hears anybody, and attention among channels was the point."
    scaled, mean, size = lesson.own_scale(windows)
    tokens = embed(scaled.mT)
    return project(encoder(tokens.flatten(0, 1)[:, None])[:, 0].view_as(tokens)).mT * size + mean


def numbers_the_channels(windows, embed, encoder, project):
    "You added a position to each channel: channels have no order, and in another order they get other forecasts."
    scaled, mean, size = lesson.own_scale(windows)
    tokens = embed(scaled.mT)
    place, width = torch.arange(tokens.shape[1])[:, None], torch.arange(tokens.shape[2])
    angle = place / 10000 ** (2 * (width // 2) / tokens.shape[2])
    tokens = tokens + torch.where(width % 2 == 0, angle.sin(), angle.cos()).to(tokens)
    return project(encoder(tokens)).mT * size + mean


EXERCISES = {
    "evaluate": (
        grade_evaluate,
        [
            drops_the_last_batch,
            averages_batches,
            scales_by_everything,
            scales_until_the_test,
            divides_by_one_less,
            does_not_scale,
            forgets_the_last_window,
            wants_the_past_in_the_test,
            steps_by_the_horizon,
        ],
    ),
    "moving_average": (
        grade_moving_average,
        [
            pads_with_zeros,
            pads_in_a_mirror,
            shortens_the_mean,
            looks_back_only,
            leaves_the_ends_out,
            averages_channels,
        ],
    ),
    "dlinear": (
        grade_dlinear,
        [
            shares_one_map,
            exchanges_the_maps,
            keeps_the_trend_in_the_season,
            forgets_the_trend,
            reshapes_dlinear,
        ],
    ),
    "itransformer": (
        grade_itransformer,
        [
            normalises_across_channels,
            normalises_over_the_batch,
            divides_the_variance_by_less,
            leaves_out_the_epsilon,
            does_not_normalise,
            stays_on_the_windows_scale,
            restores_the_mean_only,
            restores_in_the_wrong_order,
            tokens_by_reshape,
            attends_over_the_batch,
            every_channel_alone,
            numbers_the_channels,
        ],
    ),
}

PROBES = {
    "evaluate": [(zero, SMALL, 4, 4, 1, 1, 4), (last, FILE, 25, 30, 7, 4, 4)],
    "moving_average": [(TEN, 5), (WINDOWS, 3), (WINDOWS, 7)],
    "dlinear": [(WINDOWS, SEASONAL, TRENDWISE, 3), (WINDOWS, SEASONAL, TRENDWISE, 5)],
    "itransformer": [(WINDOWS, *PARTS), (WINDOWS[:1], *PARTS)],
}
