"""Is this gradient right? Central differences answer for any function of an array.

In come a function, the point at which to look and the gradient that somebody derived; out comes how far the two are
apart, as one number without units.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["gradient_check", "numerical_gradient"]


def numerical_gradient(
    f: Callable[[NDArray[np.float64]], float], x: ArrayLike, *, step: float = 1e-5
) -> NDArray[np.float64]:
    """Gradient of a scalar function by central differences.

    ``(f(x + h e_i) - f(x - h e_i)) / 2h`` with ``h = step * max(1, |x_i|)``: the error has a part that shrinks with
    ``h²`` (truncation) and one that grows with ``eps |f| / h`` (round-off); they meet near ``eps ** (1/3)``, 6e-6.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x`, returns one number. It sees a private copy, so it may keep or change it.
    x : array_like of float64, any shape
        The point. Integers are read as float64; float32 is refused, for it leaves three digits at the default step.
    step : float
        Relative step, dimensionless, in (0, 1).

    Returns
    -------
    ndarray of float64, shape of `x`
        In units of f per unit of x.

    Raises
    ------
    ValueError
        If `x` holds NaN or infinity, has a lower precision than float64, or `step` is out of range; if `f` returns
        something other than one finite number, the coordinate is named.

    References
    ----------
    Press, Teukolsky, Vetterling and Flannery, *Numerical Recipes*, 3rd ed. (2007), section 5.7.
    """
    point = _float64(x, "x")
    if not 0 < step < 1:
        raise ValueError(f"step={step} is not allowed: give a number between 0 and 1, such as 1e-5")
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        h = step * max(1.0, abs(point[i]))
        right, left = point[i] + h, point[i] - h  # rounded: 2h may not be representable beside a large x
        above, below = point.copy(), point.copy()
        above[i], below[i] = right, left
        gradient[i] = (_scalar(f(above), i) - _scalar(f(below), i)) / (right - left)
    return gradient


def gradient_check(
    f: Callable[[NDArray[np.float64]], float], x: ArrayLike, gradient: ArrayLike, *, step: float = 1e-5
) -> float:
    """Relative distance between a derived gradient and central differences.

    ``max |g - n| / max(max |g|, max |n|)`` over all coordinates: one number for the whole array, so that a coordinate
    whose true derivative is zero does not divide round-off by round-off. Below 1e-7 the formula is right; with a
    softmax or a norm in the path, below 1e-6.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x`, returns one number. For a layer, give ``lambda x: (layer(x) * up).sum()``
        with a random `up`: a plain sum hides every error whose entries cancel.
    x : array_like of float64, any shape
    gradient : array_like, shape of `x`
        The gradient to be judged.
    step : float
        As in `numerical_gradient`.

    Returns
    -------
    float
        Zero if both gradients are zero everywhere.

    Raises
    ------
    ValueError
        If the shapes differ, or as in `numerical_gradient`.

    Examples
    --------
    The slope of ``Σ x³`` is ``3 x²``; forgetting the 3 is found at once.

    >>> import numpy as np
    >>> from dlcore.handwritten import gradient_check
    >>> x = np.array([1.0, 2.0])
    >>> gradient_check(lambda x: np.sum(x**3), x, 3 * x**2) < 1e-7
    True
    >>> round(gradient_check(lambda x: np.sum(x**3), x, x**2), 2)
    0.67
    """
    point, given = _float64(x, "x"), np.asarray(gradient, dtype=np.float64)
    if given.shape != point.shape:
        raise ValueError(f"gradient has shape {given.shape}, x has {point.shape}: a gradient has the shape of its x")
    if not np.isfinite(given).all():
        raise ValueError(f"gradient holds {np.sum(~np.isfinite(given))} NaN or infinite values: give finite ones")
    numeric = numerical_gradient(f, point, step=step)
    scale = max(np.abs(given).max(initial=0.0), np.abs(numeric).max(initial=0.0))
    return float(np.abs(given - numeric).max(initial=0.0) / scale) if scale else 0.0


def _float64(x: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.asarray(x)
    if array.dtype.kind not in "iuf" or (array.dtype.kind == "f" and array.dtype.itemsize < 8):
        raise ValueError(f"{name} has dtype {array.dtype}: give float64, central differences need its sixteen digits")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds {np.sum(~np.isfinite(array))} NaN or infinite values: give finite ones")
    return array.astype(np.float64)


def _scalar(value: object, i: tuple[int, ...]) -> float:
    array = np.asarray(value)
    if array.shape != () or not np.isfinite(array):
        raise ValueError(f"f returned {value!r} beside coordinate {i}: it must return one finite number")
    return float(array)
