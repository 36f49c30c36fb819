"""Reverse-mode differentiation by hand: arrays that remember what they were made from.

In come float32 or float64 arrays of any shape, wrapped as tensors, and ordinary expressions of them; out come the
gradients of one result at every tensor it was made from. Plain arrays and numbers in an expression are constants.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.handwritten.layers import Floats, floats

__all__ = ["Tensor", "unbroadcast"]

Pull = Callable[[Floats], Floats]  # from the gradient at a result to the one at what it was made from

_births = count()


def unbroadcast(gradient: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Sum a gradient back to the shape that an array had before it was broadcast.

    An entry that numpy used k times receives k gradients, and the sum of them is its own.

    Parameters
    ----------
    gradient : array_like
        At the broadcast array.
    shape : tuple of int
        Before broadcasting: `gradient.shape` is what numpy stretches it to.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    ValueError
        If `shape` does not broadcast to the shape of the gradient.
    """
    gradient = floats(gradient)
    front = gradient.ndim - len(shape)
    if front < 0 or any(size not in (1, wide) for size, wide in zip(shape, gradient.shape[front:], strict=True)):
        raise ValueError(f"shape {shape} does not broadcast to the gradient's {gradient.shape}: give the one it had")
    stretched = [front + axis for axis, size in enumerate(shape) if size == 1 != gradient.shape[front + axis]]
    return gradient.sum(axis=(*range(front), *stretched), keepdims=True).reshape(shape)


class Tensor:
    """An array and, where it is a result, what it was made from.

    ``+ - * / @``, powers with a constant exponent and indexing work as in numpy, broadcasting included. The expression
    is recorded as it is computed: no array in it may be changed in place before `backward`.

    Parameters
    ----------
    data : array_like
        float32 or float64; whole numbers become float64.

    Attributes
    ----------
    data : ndarray
    grad : ndarray or None
        Of a tensor that was not made from others: the sum of what every `backward` has brought since `grad` was last
        set to None. Results have None.
    """

    __slots__ = ("_born", "_parents", "data", "grad")
    __array_ufunc__ = None  # array * tensor: numpy leaves it to the tensor

    def __init__(self, data: ArrayLike) -> None:
        self.data: Floats = floats(data)
        self.grad: Floats | None = None
        self._parents: tuple[tuple[Tensor, Pull], ...] = ()
        self._born = next(_births)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of `data`."""
        return self.data.shape

    def __repr__(self) -> str:
        return f"Tensor({self.data!r})"

    def backward(self, upstream: ArrayLike | None = None) -> None:
        """Add the gradient of this tensor to `grad` of every tensor it was made from that is itself no result.

        A result is younger than what it was made from. Taken from young to old, each has heard from all its uses
        before it passes anything on; and as nothing is kept in between, a second call adds the same once more.

        Parameters
        ----------
        upstream : array_like, shape of this tensor
            The gradient at this tensor; 1 where it holds one number and nothing is given.

        Raises
        ------
        ValueError
            If the shapes differ, or nothing is given and there is more than one number.
        """
        flowing: dict[Tensor, Floats] = {self: self._seed(upstream)}
        for node in sorted(self._below(), key=lambda node: node._born, reverse=True):
            gradient = flowing.pop(node)
            if not node._parents:
                node.grad = gradient if node.grad is None else node.grad + gradient
            for parent, pull in node._parents:
                pulled = unbroadcast(pull(gradient), parent.shape)
                flowing[parent] = flowing[parent] + pulled if parent in flowing else pulled

    def _seed(self, upstream: ArrayLike | None) -> Floats:
        if upstream is None:
            if self.data.size != 1:
                raise ValueError(f"a tensor of shape {self.shape} has no one gradient: give upstream, or sum it first")
            return np.ones_like(self.data)
        seed = np.array(upstream, dtype=self.data.dtype)
        if seed.shape != self.shape:
            raise ValueError(f"upstream has shape {seed.shape}, the tensor {self.shape}: give both one shape")
        return seed

    def _below(self) -> "set[Tensor]":
        """Everything this tensor was made from, and itself; without recursion, for graphs of any depth."""
        found: set[Tensor] = {self}
        waiting: list[Tensor] = [self]
        while waiting:
            parents = {parent for parent, _ in waiting.pop()._parents} - found
            found |= parents
            waiting += parents
        return found

    def __add__(self, other: "Tensor | ArrayLike") -> "Tensor":
        return _made(self.data + _array(other, self), (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        a, b = self.data, _array(other, self)
        return _made(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __pow__(self, exponent: float) -> "Tensor":
        """To a power that is one number, the same for all entries."""
        if isinstance(exponent, Tensor) or np.ndim(exponent):
            raise ValueError(f"exponent={exponent!r} is not allowed: give one number")
        x, power = self.data, float(exponent)
        slope = power * x ** (power - 1) if power else np.zeros_like(x)
        return _made(x**power, (self, lambda g: g * slope))

    def __matmul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        """(…, I, J) @ (…, J, K), the axes in front broadcast."""
        return _product(self, other)

    def __rmatmul__(self, other: ArrayLike) -> "Tensor":
        return _product(other, self)

    def __neg__(self) -> "Tensor":
        return self * -1

    def __sub__(self, other: "Tensor | ArrayLike") -> "Tensor":
        return self + (-other if isinstance(other, Tensor) else -_array(other, self))

    def __rsub__(self, other: ArrayLike) -> "Tensor":
        return -self + other

    def __truediv__(self, other: "Tensor | ArrayLike") -> "Tensor":
        return self * (other**-1 if isinstance(other, Tensor) else 1 / _array(other, self))

    def __rtruediv__(self, other: ArrayLike) -> "Tensor":
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def __getitem__(self, index: Any) -> "Tensor":
        """As numpy's; an entry that is taken twice receives both gradients."""

        def pull(gradient: Floats) -> Floats:
            out = np.zeros_like(self.data)
            np.add.at(out, index, gradient)
            return out

        return _made(self.data[index], (self, pull))

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> "Tensor":
        """Over some axes, or all of them."""
        kept = self.data.sum(axis=axis, keepdims=True).shape
        pull: Pull = lambda g: np.broadcast_to(g.reshape(kept), self.shape)  # noqa: E731
        return _made(self.data.sum(axis=axis, keepdims=keepdims), (self, pull))

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> "Tensor":
        """Over some axes, or all of them."""
        total = self.sum(axis, keepdims=keepdims)
        return total * (total.data.size / self.data.size)

    def reshape(self, *shape: int) -> "Tensor":
        """The same entries in another shape."""
        return _made(self.data.reshape(*shape), (self, lambda g: g.reshape(self.shape)))

    def swapaxes(self, one: int, other: int) -> "Tensor":
        """Two axes exchanged."""
        return _made(self.data.swapaxes(one, other), (self, lambda g: g.swapaxes(one, other)))

    def exp(self) -> "Tensor":
        """e to each entry."""
        out = np.exp(self.data)
        return _made(out, (self, lambda g: g * out))

    def log(self) -> "Tensor":
        """Natural logarithm; NaN below zero, as numpy's."""
        x = self.data
        return _made(np.log(x), (self, lambda g: g / x))

    def tanh(self) -> "Tensor":
        """Hyperbolic tangent."""
        out = np.tanh(self.data)
        return _made(out, (self, lambda g: g * (1 - out**2)))

    def relu(self) -> "Tensor":
        """What is above zero; the slope at zero is 0."""
        above = self.data > 0
        return _made(self.data * above, (self, lambda g: g * above))


def _array(other: "Tensor | ArrayLike", beside: Tensor) -> Floats:
    """An operand as an array; numbers and arrays of numbers take the precision of the tensor they meet."""
    if isinstance(other, Tensor):
        return other.data
    return floats(other) if isinstance(other, np.ndarray) else np.asarray(other, dtype=beside.data.dtype)


def _product(one: "Tensor | ArrayLike", other: "Tensor | ArrayLike") -> Tensor:
    """Of two matrices, or stacks of them, at least one a tensor."""
    beside = one if isinstance(one, Tensor) else other
    assert isinstance(beside, Tensor)
    a, b = _array(one, beside), _array(other, beside)
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError(f"shapes {a.shape} @ {b.shape} are not allowed: give both at least two axes")
    return _made(a @ b, (one, lambda g: g @ b.swapaxes(-1, -2)), (other, lambda g: a.swapaxes(-1, -2) @ g))


def _made(data: Floats, *parents: "tuple[Tensor | ArrayLike, Pull]") -> Tensor:
    """A result, with those of its parents that are no constants."""
    out = Tensor(data)
    out._parents = tuple((parent, pull) for parent, pull in parents if isinstance(parent, Tensor))
    return out
