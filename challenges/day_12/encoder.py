"""The encoder, complete, in torch: blocks one after another, a window in, one number out, and a rival of equal size.

In:  windows of days, (batch, length, features), and the modules of Days 9 and 11 (norm, attention) from `dlcore.nn`.
Out: what the newest day has to say of the next, (batch,).
Shapes: B windows, L days, D numbers a day (the width), F features of a day, H cells of the LSTM.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from dlcore.nn import LayerNorm, MultiHeadAttention


def encoder_block(
    x: Tensor,
    attention: Callable[..., Tensor],
    feed_forward: Callable[[Tensor], Tensor],
    norms: tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]],
    drop: Callable[[Tensor], Tensor],
    mask: Tensor | None = None,
) -> Tensor:
    """Look around, then think: (B, L, D) -> (B, L, D), pre-norm, as on Day 7.

    `attention(z, mask=mask)` gives what was heard, (B, L, D); `norms` are the first branch's and the second's.
    `drop` silences numbers at random while the network learns: what a branch says may get lost, what a day is never.
    """
    first, second = norms

    # x ← x + drop(Attention(norm₁(x))): the only place where days meet
    x = x + drop(attention(first(x), mask=mask))

    # x ← x + drop(FeedForward(norm₂(x))): every day by itself
    return x + drop(feed_forward(second(x)))


def encode(
    x: Tensor,
    blocks: Iterable[Callable[..., Tensor]],
    last_norm: Callable[[Tensor], Tensor],
    mask: Tensor | None = None,
) -> Tensor:
    """Block after block, then one norm for the whole stack: (B, L, D) -> (B, L, D).

    `block(x, mask=mask)` is one block. Who may look at whom holds on every floor.
    """
    for block in blocks:
        x = block(x, mask=mask)

    # the stream has grown with every branch that spoke into it; who reads it wants numbers of size 1
    return last_norm(x)


def add_positions(x: Tensor, table: Tensor) -> Tensor:
    """Each day learns where it stands: day l of the window gets row l of a learned table, (B, L, D) -> (B, L, D)."""
    return x + table[: x.shape[1]]  # (B, L, D) + (L, D)


def count_parameters(width: int, heads: int, layers: int, hidden: int) -> int:
    """Weights and biases in the blocks of an encoder (the last norm, positions and read-out are not theirs).

    A block has four linear maps in its attention (queries, keys, values, output), all from width to width and each with
    a bias; two in its feed-forward, width to hidden and back; and two norms, each with a gain and a bias. Every head
    works in its own width/heads of the columns, and heads divides width.
    """
    # 4 (D² + D)  +  (D F + F) + (F D + D)  +  2 · 2D: the heads share the width, so their number does not appear
    attention = 4 * (width**2 + width)
    thinking = width * hidden + hidden + hidden * width + width
    norms = 2 * 2 * width
    return layers * (attention + thinking + norms)


def lstm_parameters(features: int, cells: int) -> int:
    """Weights and biases of torch's LSTM with one layer, and of a line from its cells to one number.

    Three gates and a candidate, each with a map of the day, a map of the state, and two biases where one would do.
    """
    return 4 * (features * cells + cells**2 + 2 * cells) + cells + 1


def equal_parameter_lstm(features: int, parameters: int) -> int:
    """How many cells (≥ 1) make the LSTM, its read-out included, come nearest to this many weights; the fewer in a tie.

    Nearest from either side: neither model is to be given an advantage.
    """
    # 4 H² + (4 F + 9) H + 1 = P, and H is a whole number: the root lies between two candidates
    b = 4 * features + 9
    root = (-b + (b**2 + 16 * (parameters - 1)) ** 0.5) / 8
    below = max(int(root), 1)
    return min((below, below + 1), key=lambda cells: abs(lstm_parameters(features, cells) - parameters))


class Block(nn.Module):
    """What `encoder_block` is given, under one roof."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(width, heads, dropout=dropout)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.norms = nn.ModuleList([LayerNorm(width), LayerNorm(width)])
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, L, D) -> (B, L, D)."""
        return encoder_block(x, self.attention, self.feed_forward, tuple(self.norms), self.drop, mask)


class WindowEncoder(nn.Module):
    """A window of days to one number, by way of an encoder."""

    def __init__(self, features: int, length: int, width: int, heads: int, layers: int, hidden: int) -> None:
        super().__init__()
        self.embed = nn.Linear(features, width)
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.last_norm = LayerNorm(width)
        self.read = nn.Linear(width, 1)

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, L, F) -> (B,)."""
        days = add_positions(self.embed(windows), self.places)  # (B, L, F) -> (B, L, D)
        days = encode(days, self.blocks, self.last_norm, mask)  # (B, L, D)
        return self.read(days[:, -1])[:, 0]  # the newest day speaks: (B, L, D) -> (B, D) -> (B,)


class WindowLSTM(nn.Module):
    """A window of days to one number, by way of a state that is carried from day to day."""

    def __init__(self, features: int, cells: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, cells, batch_first=True)
        self.read = nn.Linear(cells, 1)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, F) -> (B,)."""
        states, _ = self.lstm(windows)  # (B, L, F) -> (B, L, H)
        return self.read(states[:, -1])[:, 0]  # (B, L, H) -> (B, H) -> (B,)
