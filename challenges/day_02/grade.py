"""What the reader's functions must do on Day 2, and the wrong answers we have met.

A reader's outputs are first compared with each mutant's on the same probes: the same outputs earn that mutant's hint.
Otherwise the grader raises AssertionError with the first property that fails.
"""

import numpy as np

from challenges.day_02 import linear
from dlcore.handwritten.gradcheck import numerical_gradient

_rng = np.random.default_rng(2)
X, W = _rng.normal(size=(4, 3)) + 0.5, _rng.normal(size=(3, 2))  # unequal shapes, ugly numbers: a transpose shows
UP = _rng.normal(size=(4, 2))
POINTS = np.array([-1.0, 0.0, 1.0, 2.0])
PREDICTION, TARGET = np.array([[0.5, 0.0], [0.0, 1.0]]), np.array([[0.0, 0.0], [0.0, 0.0]])


# --- graders: each takes the reader's function ---


def grade_linear_backward(linear_backward):
    x, w = X.copy(), W.copy()
    answer = linear_backward(x, w, UP.copy())
    assert isinstance(answer, tuple), "return three gradients: for x, for the weight, for the bias"
    assert len(answer) == 3, f"return three gradients, for x, weight and bias; you return {len(answer)}"
    assert np.array_equal(x, X), "you changed the caller's x: make new arrays"
    assert np.array_equal(w, W), "you changed the caller's weight: a backward pass only looks"
    wanted = {
        "x": (X, lambda a: np.sum((a @ W) * UP)),
        "weight": (W, lambda a: np.sum((X @ a) * UP)),
        "bias": (np.zeros(2), lambda a: np.sum((X @ W + a) * UP)),
    }
    for (name, (point, f)), given in zip(wanted.items(), answer, strict=True):
        assert np.shape(given) == point.shape, (
            f"a gradient has the shape of what it belongs to: {name} {point.shape}, not {np.shape(given)}"
        )
        assert np.allclose(given, numerical_gradient(f, point), rtol=1e-6), (
            f"central differences give another slope for {name}"
        )


def grade_gelu_derivative(gelu_derivative):
    given = np.asarray(gelu_derivative(POINTS.copy()))
    assert given.shape == POINTS.shape, f"one slope per input: expected shape {POINTS.shape}, got {given.shape}"
    assert np.isclose(given[1], 0.5), f"at zero GELU rises by a half, as Φ(0) does: you say {given[1]:.3f}"
    x = np.linspace(-5, 5, 41)
    assert np.allclose(gelu_derivative(x), numerical_gradient(lambda a: np.sum(linear.gelu(a)), x), atol=1e-8), (
        "central differences of gelu give another slope"
    )
    far = gelu_derivative(np.array([-40.0, 40.0]))
    assert np.allclose(far, [0, 1]), f"far out GELU is flat on the left and has slope 1 on the right: you say {far}"


def grade_mse(mse):
    answer = mse(PREDICTION.copy(), TARGET.copy())
    assert isinstance(answer, tuple), "return the loss and its gradient"
    assert len(answer) == 2, "return the loss and its gradient"
    loss, gradient = answer
    assert np.ndim(loss) == 0, f"a loss is one number, yours has shape {np.shape(loss)}"
    assert np.isclose(loss, 1.25 / 4), f"squares .25 and 1 over four elements: .3125, you say {loss:.4f}"
    assert np.shape(gradient) == (2, 2), f"a gradient has the shape of the prediction, (2, 2), not {np.shape(gradient)}"
    assert np.allclose(gradient, numerical_gradient(lambda p: mse(p, TARGET)[0], PREDICTION), atol=1e-8), (
        "the gradient is not that of your own loss: central differences disagree"
    )
    assert np.allclose(mse(TARGET.copy(), TARGET.copy())[1], 0), "where nothing is wrong there is no slope"


# --- mutants: plausible, wrong, and each worth one sentence ---


def averages_the_bias(x, weight, upstream):
    "Your bias gradient is a mean over rows. Every row used the bias, so every row's demand is added."
    dx, dweight, _ = linear.linear_backward(x, weight, upstream)
    return dx, dweight, upstream.mean(0)


def transposes_the_weight(x, weight, upstream):
    "Your weight gradient is transposed: it must have the weight's own shape, inputs first."
    dx, dweight, dbias = linear.linear_backward(x, weight, upstream)
    return dx, dweight.T, dbias


def averages_the_weight(x, weight, upstream):
    "Your weight gradient is divided by the number of rows. The loss decides what is a mean; the layer only adds."
    dx, dweight, dbias = linear.linear_backward(x, weight, upstream)
    return dx, dweight / len(x), dbias


def goes_back_through_updated_weights(x, weight, upstream):
    "Your slope at the input went back through weights that had already taken a step: use those of the forward pass."
    _, dweight, dbias = linear.linear_backward(x, weight, upstream)
    return upstream @ (weight - dweight).T, dweight, dbias


def passes_upstream_unweighted(x, weight, upstream):
    "Each input answers for its row's summed gradient, whatever its weights: multiply by the weight's transpose."
    _, dweight, dbias = linear.linear_backward(x, weight, upstream)
    return np.repeat(upstream.sum(1, keepdims=True), weight.shape[0], axis=1), dweight, dbias


def slope_of_relu(x):
    "That is the slope of ReLU: 0 or 1. GELU's passes through a half at zero and beyond 1 at √2."
    return (x > 0).astype(float)


def forgets_the_second_term(x):
    "Φ(x) is half of the product rule: x also sits inside Φ. Add x φ(x)."
    return linear.normal_cdf(x)


def tanh_without_its_inner_slope(x):
    "You differentiated the tanh form and left out the slope of what is inside the tanh, √(2/π)(1 + 0.134145 x²)."
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x * (1 - t**2) / 2


def slope_of_the_tanh_form(x):
    "That is the slope of the tanh form, right to three digits. The exact one is Φ(x) + x φ(x)."
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2) / 2


def density_without_x(x):
    "Φ(x) + φ(x): the product rule leaves x in front of the density."
    return linear.normal_cdf(x) + np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def gradient_over_rows(prediction, target):
    "Your loss is a mean over elements, your gradient one over rows: too large by the number of outputs."
    loss, gradient = linear.mse(prediction, target)
    return loss, gradient * prediction.shape[1]


def turned_round(prediction, target):
    "The sign is turned: your gradient leads uphill. With p too large the loss rises with p."
    loss, gradient = linear.mse(prediction, target)
    return loss, -gradient


def forgets_the_two(prediction, target):
    "The slope of a square is twice its root: a factor of 2 is missing."
    loss, gradient = linear.mse(prediction, target)
    return loss, gradient / 2


def sums_instead(prediction, target):
    "You sum the squares: a loss that grows with the number of rows needs another step for every batch. Take the mean."
    error = prediction - target
    return float(np.sum(error**2)), 2 * error


EXERCISES = {
    "linear_backward": (
        grade_linear_backward,
        [
            averages_the_bias,
            transposes_the_weight,
            averages_the_weight,
            goes_back_through_updated_weights,
            passes_upstream_unweighted,
        ],
    ),
    "gelu_derivative": (
        grade_gelu_derivative,
        [
            slope_of_relu,
            forgets_the_second_term,
            tanh_without_its_inner_slope,
            slope_of_the_tanh_form,
            density_without_x,
        ],
    ),
    "mse": (grade_mse, [gradient_over_rows, turned_round, forgets_the_two, sums_instead]),
}

PROBES = {
    "linear_backward": [(X, W, UP)],
    "gelu_derivative": [(POINTS,)],
    "mse": [(PREDICTION, TARGET)],
}
