"""Autograd by hand: arrays that remember what they were made from, and the way back for a slope.

In:  arrays wrapped as tensors, and expressions of them.
Out: the slope of the one number at the end at every array at the beginning.
Shapes: any, stretched as numpy stretches them; B rows, I inputs, O outputs where a matrix is multiplied.
"""

from itertools import count

import numpy as np

births = count()


class Tensor:
    """An array, and how to pull a slope from it back to each tensor it was made from.

    `parents` holds pairs (tensor, pull): pull(slope at me) is the slope at that tensor. Who has no parents is a leaf.
    """

    __array_ufunc__ = None  # array * tensor is left to the tensor

    def __init__(self, data, parents=()):
        self.data, self.grad, self.born = np.asarray(data, float), 0.0, next(births)
        self.parents = [(p, pull) for p, pull in parents if isinstance(p, Tensor)]  # numbers and arrays are constants

    def __add__(self, other):
        # ∂(a + b)/∂a = ∂(a + b)/∂b = 1: a sum hands on what it gets
        return Tensor(self.data + raw(other), [(self, lambda g: g), (other, lambda g: g)])

    def __mul__(self, other):
        # ∂(a · b)/∂a = b and ∂(a · b)/∂b = a: a product hands each the other
        a, b = self.data, raw(other)
        return Tensor(a * b, [(self, lambda g: g * b), (other, lambda g: g * a)])

    def __pow__(self, power):
        # ∂aⁿ/∂a = n aⁿ⁻¹
        a = self.data
        return Tensor(a**power, [(self, lambda g: g * power * a ** (power - 1))])

    def __matmul__(self, other):
        # ∂L/∂X = G Wᵀ and ∂L/∂W = Xᵀ G: Day 2's linear layer
        x, w = self.data, raw(other)
        return Tensor(x @ w, [(self, lambda g: g @ w.T), (other, lambda g: x.T @ g)])  # (B, I) (I, O) -> (B, O)

    def __rmatmul__(self, other):
        x = raw(other)  # an array of data, to which no slope flows
        return Tensor(x @ self.data, [(self, lambda g: x.T @ g)])  # (B, I) (I, O) -> (B, O)

    def relu(self):
        # ∂max(a, 0)/∂a = 1 where a > 0, else 0
        above = self.data > 0
        return Tensor(self.data * above, [(self, lambda g: g * above)])

    def sum(self):
        # ∂Σa/∂aᵢ = 1: every entry gets the whole slope
        return Tensor(self.data.sum(), [(self, lambda g: np.full(self.data.shape, g))])  # any shape -> ()

    def mean(self):
        return self.sum() * (1 / self.data.size)

    def __sub__(self, other):
        return self + other * -1

    __radd__, __rmul__ = __add__, __mul__


def raw(a):
    """The array inside."""
    return a.data if isinstance(a, Tensor) else np.asarray(a, float)


def unbroadcast(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The slope at an array of `shape`, from the slope at what numpy stretched it to (new axes in front, 1 to n)."""
    # an entry that was used k times has moved the result k times: its slope is the sum over the k uses
    in_front = tuple(range(gradient.ndim - len(shape)))
    gradient = gradient.sum(axis=in_front)  # (new axes…, shape stretched) -> (shape stretched)
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True)  # (shape stretched) -> shape


def backward(loss: Tensor) -> list[np.ndarray]:
    """Add ∂loss/∂leaf to the `grad` of every leaf that `loss` was made from; return these grads, oldest leaf first.

    Only `grad` of leaves is read or written. `node.parents` has the pairs (parent, pull), `node.born` rises with every
    tensor made, and what a pull returns still has the stretched shape. The graph may be deeper than Python's stack.
    """
    # everything below the loss, with a list for a stack: a function that calls itself ends at a thousand links
    below, waiting = {loss}, [loss]
    while waiting:
        new = {parent for parent, _ in waiting.pop().parents} - below
        below |= new
        waiting += new

    # ∂L/∂a = Σ over uses u of a: ∂L/∂u · ∂u/∂a. A use is younger than what it uses, so from young to old every sum
    # is complete before it is passed on
    slope = {loss: np.ones_like(loss.data)}
    for node in sorted(below, key=lambda node: -node.born):
        for parent, pull in node.parents:
            slope[parent] = slope.get(parent, 0) + unbroadcast(pull(slope[node]), parent.data.shape)

    leaves = sorted((node for node in below if not node.parents), key=lambda node: node.born)
    for leaf in leaves:
        leaf.grad = leaf.grad + slope[leaf]
    return [leaf.grad for leaf in leaves]


def train_step(predict, parameters: list[Tensor], x, y, rate: float) -> tuple[float, list[np.ndarray]]:
    """Clear the grads, then take one step down the slope of the mean squared error, `rate` times that slope.

    predict(x, parameters) is a tensor (B, 1), y an array (B,); each parameter's `data` is replaced by the moved one.
    Returns the loss before the step and the moved arrays.
    """
    for parameter in parameters:
        parameter.grad = 0.0

    # L = Σᵢ (pᵢ − yᵢ)² / B: row i meets its own target, for which both must have one shape
    loss = ((predict(x, parameters) - y[:, None]) ** 2).mean()  # (B, 1) and (B,) -> (B, 1) -> ()
    backward(loss)

    # θ ← θ − η ∂L/∂θ, as a new array: the old one belongs to the graph
    for parameter in parameters:
        parameter.data = parameter.data - rate * parameter.grad
    return float(loss.data), [parameter.data for parameter in parameters]
