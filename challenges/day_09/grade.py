"""What the reader's functions must do on Day 9, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails. Rows are returns near one percent: on
numbers of size 1 a misplaced ε changes the sixth digit.
"""

import torch

from challenges.course.probes import drawing
from challenges.day_09 import layer_norm as solved

_drawn = drawing(9)

RETURNS = _drawn(3, 4, 8, size=0.01) + 0.003  # three windows, four days, eight returns a day
GAIN, BIAS = 1 + 0.4 * _drawn(8), 0.3 * _drawn(8)
UP = _drawn(3, 4, 8)
WINDOW = _drawn(3, 5, 2, size=2.0) + 4  # three windows, five days, two features
FORECAST = _drawn(3, 4, 2)  # four days ahead
ONE, NIL = torch.ones(8, dtype=torch.float64), torch.zeros(8, dtype=torch.float64)


def close(a, b, off=1e-9):
    return torch.allclose(torch.as_tensor(a), b, rtol=1e-9, atol=off)


def untouched(function, *arguments):
    "The answer, after a look at whether what came in is still what it was."
    before = [a.clone() for a in arguments]
    answer = function(*arguments)
    for was, now in zip(before, arguments, strict=True):
        assert torch.equal(was, now), "you changed the caller's numbers: make new tensors"
    return answer


def _torch_slopes(epsilon):
    inputs = [a.clone().requires_grad_() for a in (RETURNS, GAIN, BIAS)]
    y = torch.nn.functional.layer_norm(inputs[0], (8,), *inputs[1:], epsilon)
    return torch.autograd.grad(y, inputs, UP)


SLOPES = {epsilon: _torch_slopes(epsilon) for epsilon in (1e-5, 1e-2)}  # here: torch's first slope takes seconds


# --- graders: each takes the reader's function ---


def grade_layer_norm_forward(layer_norm_forward):
    given = untouched(layer_norm_forward, RETURNS.clone(), GAIN.clone(), BIAS.clone())
    assert given.shape == RETURNS.shape, f"the shape stays: {tuple(RETURNS.shape)} went in, {tuple(given.shape)} out"
    row = torch.tensor([1.0, 2, 3, 4], dtype=torch.float64)
    plain = layer_norm_forward(row, ONE[:4], NIL[:4])
    assert close(plain[0], torch.tensor(-1.341635, dtype=torch.float64), 1e-6), (
        f"the first of (1, 2, 3, 4) becomes -1.3416: you say {float(plain[0]):.4f}"
    )
    raised = layer_norm_forward(RETURNS + 5, GAIN, BIAS)
    assert close(raised, given, 1e-8), "everyone up by 5 must change nothing: the mean comes off first"
    tiny = layer_norm_forward(row / 1000, ONE[:4], NIL[:4])
    assert close(tiny[0], torch.tensor(-0.447214, dtype=torch.float64), 1e-6), (
        f"of thousandths the first is -0.4472, for ε stands beside the variance: you say {float(tiny[0]):.4f}"
    )
    level = layer_norm_forward(torch.full((2, 8), 3.0, dtype=torch.float64), GAIN, BIAS)
    assert close(level, BIAS.expand(2, 8)), "eight equal numbers have no pattern: the bias alone is left"
    wide = layer_norm_forward(row, ONE[:4], NIL[:4], 1.0)
    assert close(wide[0], torch.tensor(-1.0, dtype=torch.float64)), "epsilon = 1 does not arrive under the root"
    wanted = torch.nn.functional.layer_norm(RETURNS, (8,), GAIN, BIAS)
    assert close(given, wanted), "gain and bias: each column has its own, the gain before the bias"


def grade_layer_norm_backward(layer_norm_backward):
    answer = untouched(layer_norm_backward, RETURNS.clone(), GAIN.clone(), UP.clone())
    assert isinstance(answer, tuple), "return three slopes: at x, at the weight, at the bias"
    assert len(answer) == 3, f"return three slopes, at x, weight and bias: you return {len(answer)}"
    for name, slope, of in zip(("x", "weight", "bias"), answer, (RETURNS, GAIN, BIAS), strict=True):
        assert slope.shape == of.shape, (
            f"a slope has the shape of what it belongs to: {name} {tuple(of.shape)}, not {tuple(slope.shape)}"
        )
    dx = answer[0]
    size = float(dx.abs().max())
    assert float(dx.sum(-1).abs().max()) < 1e-9 * max(size, 1), (
        "a row's slopes must sum to 0, for raising all its numbers changes nothing: yours do not"
    )
    centred = RETURNS - RETURNS.mean(-1, keepdim=True)
    sharp = layer_norm_backward(RETURNS, GAIN, UP, 1e-16)[0]
    assert float((sharp * centred).sum(-1).abs().max()) < 1e-8, (
        "without ε a row's slopes have nothing along x − mean, for making it louder changes nothing: yours have"
    )
    for epsilon, wanted in SLOPES.items():
        given = layer_norm_backward(RETURNS, GAIN, UP, epsilon)
        for name, a, b in zip(("x", "the weight", "the bias"), given, wanted, strict=True):
            assert close(a, b, 1e-8), f"with epsilon = {epsilon:g} the slope at {name} is another"
    again = layer_norm_backward(*(a.requires_grad_() for a in (RETURNS.clone(), GAIN.clone(), UP.clone())))
    assert again[0].grad_fn is not None, "a slope of this slope must exist: no detach, no .data, no numpy"


def grade_restore(restore):
    window = torch.tensor([1.0, 2, 3, 4, 10], dtype=torch.float64).view(1, 5, 1)
    half = float(untouched(restore, torch.full((1, 1, 1), 0.5, dtype=torch.float64), window.clone()))
    assert abs(half - 5.581139) < 1e-5, f"half a standard deviation above (1, 2, 3, 4, 10) is 5.581: you say {half:.3f}"
    given = restore(FORECAST.clone(), WINDOW.clone())
    assert given.shape == FORECAST.shape, f"expected {tuple(FORECAST.shape)}, one number for each day ahead and feature"
    z, _, _ = solved.normalise_window(WINDOW)
    assert close(restore(z, WINDOW), WINDOW), "a window that was normalised must come back as it was"
    assert close(restore(FORECAST, 3 * WINDOW, 0.0), 3 * restore(FORECAST, WINDOW, 0.0)), (
        "three times the window, three times the forecast: that is what the way back is for"
    )
    mean, sd = WINDOW.mean(1, keepdim=True), torch.sqrt(WINDOW.var(1, correction=0, keepdim=True) + 0.5)
    assert close(restore(FORECAST, WINDOW, 0.5), FORECAST * sd + mean), "epsilon = 0.5 does not arrive under the root"


# --- mutants: plausible, wrong, and each worth one sentence ---


def divides_by_one_less(x, weight, bias, epsilon=1e-5):
    "You divided by D − 1. The row is all there is, not a sample: its variance is a mean over D."
    z = x - x.mean(-1, keepdim=True)
    return z / torch.sqrt(x.var(-1, keepdim=True) + epsilon) * weight + bias


def epsilon_outside(x, weight, bias, epsilon=1e-5):
    "ε belongs under the root, beside the variance. On returns the difference is in the second digit."
    z = x - x.mean(-1, keepdim=True)
    return z / (x.std(-1, correction=0, keepdim=True) + epsilon) * weight + bias


def over_the_examples(x, weight, bias, epsilon=1e-5):
    "You took mean and spread over the examples (that is BatchNorm): a row is to be compared with itself, last axis."
    z = x - x.mean(0, keepdim=True)
    return z / torch.sqrt(x.var(0, correction=0, keepdim=True) + epsilon) * weight + bias


def over_everything(x, weight, bias, epsilon=1e-5):
    "One mean and one spread for all rows together: each row needs its own."
    return (x - x.mean()) / torch.sqrt(x.var(correction=0) + epsilon) * weight + bias


def keeps_the_mean(x, weight, bias, epsilon=1e-5):
    "You left the mean in (that is RMSNorm, with a bias): take it off first."
    return x / torch.sqrt((x**2).mean(-1, keepdim=True) + epsilon) * weight + bias


def divides_by_the_variance(x, weight, bias, epsilon=1e-5):
    "You divided by the variance. Its root is the spread."
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + epsilon) * weight + bias


def bias_before_gain(x, weight, bias, epsilon=1e-5):
    "You added the bias before the gain, which stretches it too: gain first."
    z = solved.layer_norm_forward(x, torch.ones_like(weight), bias, epsilon)
    return z * weight


def _parts(x, weight, upstream, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    rate = 1 / torch.sqrt((centred**2).mean(-1, keepdim=True) + epsilon)
    _, dweight, dbias = solved.layer_norm_backward(x, weight, upstream, epsilon)
    return centred * rate, rate, upstream * weight, dweight, dbias


def statistics_stand_still(x, weight, upstream, epsilon=1e-5):
    "You treated mean and spread as constants. They move with every number of the row, and both must answer for it."
    _, rate, h, *rest = _parts(x, weight, upstream, epsilon)
    return h * rate, *rest


def misses_the_mean(x, weight, upstream, epsilon=1e-5):
    "The slope through the mean is missing: take off the row's mean slope."
    z, rate, h, *rest = _parts(x, weight, upstream, epsilon)
    return (h - z * (h * z).mean(-1, keepdim=True)) * rate, *rest


def misses_the_variance(x, weight, upstream, epsilon=1e-5):
    "The slope through the spread is missing: take off the part that lies along the normalised row."
    _, rate, h, *rest = _parts(x, weight, upstream, epsilon)
    return (h - h.mean(-1, keepdim=True)) * rate, *rest


def gain_afterwards(x, weight, upstream, epsilon=1e-5):
    "You multiplied by the gain at the end. It was applied last on the way forward, so it comes first on the way back."
    z, rate, _, *rest = _parts(x, weight, upstream, epsilon)
    along = (upstream * z).mean(-1, keepdim=True)
    return (upstream - upstream.mean(-1, keepdim=True) - z * along) * rate * weight, *rest


def forgets_the_scale(x, weight, upstream, epsilon=1e-5):
    "The factor 1/√(σ² + ε) is missing: a row that was stretched on the way forward stretches its slope as well."
    z, _, h, *rest = _parts(x, weight, upstream, epsilon)
    return h - h.mean(-1, keepdim=True) - z * (h * z).mean(-1, keepdim=True), *rest


def averages_over_rows(x, weight, upstream, epsilon=1e-5):
    "Your slopes at gain and bias are means over rows. Every row used them, so every row's demand is added."
    dx, dweight, dbias = solved.layer_norm_backward(x, weight, upstream, epsilon)
    rows = upstream.numel() / upstream.shape[-1]
    return dx, dweight / rows, dbias / rows


def gain_sees_raw_rows(x, weight, upstream, epsilon=1e-5):
    "The gain multiplied the normalised row, not x: its slope is the sum of upstream times z."
    dx, _, dbias = solved.layer_norm_backward(x, weight, upstream, epsilon)
    return dx, (upstream * x).reshape(-1, x.shape[-1]).sum(0), dbias


def forgets_the_mean(forecast, window, epsilon=1e-5):
    "The mean is missing on the way back: a price forecast near zero."
    return forecast * solved.normalise_window(window, epsilon)[2]


def forgets_the_spread(forecast, window, epsilon=1e-5):
    "The spread is missing on the way back: the forecast is in units of the window, and stays there."
    return forecast + solved.normalise_window(window, epsilon)[1]


def sample_spread(forecast, window, epsilon=1e-5):
    "You divided by L − 1. On the way in it was L, and what comes back must come back by the same number."
    return forecast * torch.sqrt(window.var(1, keepdim=True) + epsilon) + window.mean(1, keepdim=True)


def scale_of_the_forecast(forecast, window, epsilon=1e-5):
    "You measured the forecast, not the window: at that size it was never scaled, and its days ahead are not known yet."
    _, mean, sd = solved.normalise_window(forecast, epsilon)
    return forecast * sd + mean


def mean_before_spread(forecast, window, epsilon=1e-5):
    "You added the mean and then multiplied. The last thing done is undone first: multiply, then add."
    _, mean, sd = solved.normalise_window(window, epsilon)
    return (forecast + mean) * sd


def one_scale_for_all(forecast, window, epsilon=1e-5):
    "One mean and one spread for all windows and features: each feature of each window has its own."
    return forecast * torch.sqrt(window.var(correction=0) + epsilon) + window.mean()


def normalises_again(forecast, window, epsilon=1e-5):
    "You normalised the forecast once more. The way back multiplies and adds."
    _, mean, sd = solved.normalise_window(window, epsilon)
    return (forecast - mean) / sd


EXERCISES = {
    "layer_norm_forward": (
        grade_layer_norm_forward,
        [
            divides_by_one_less,
            epsilon_outside,
            over_the_examples,
            over_everything,
            keeps_the_mean,
            divides_by_the_variance,
            bias_before_gain,
        ],
    ),
    "layer_norm_backward": (
        grade_layer_norm_backward,
        [
            statistics_stand_still,
            misses_the_mean,
            misses_the_variance,
            gain_afterwards,
            forgets_the_scale,
            averages_over_rows,
            gain_sees_raw_rows,
        ],
    ),
    "restore": (
        grade_restore,
        [
            forgets_the_mean,
            forgets_the_spread,
            sample_spread,
            scale_of_the_forecast,
            mean_before_spread,
            one_scale_for_all,
            normalises_again,
        ],
    ),
}

PROBES = {
    "layer_norm_forward": [(RETURNS, GAIN, BIAS)],
    "layer_norm_backward": [(RETURNS, GAIN, UP)],
    "restore": [(FORECAST, WINDOW)],
}
