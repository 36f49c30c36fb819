"""Where in time a token stands: codes that are added, a turn that makes scores depend on distance, and the calendar.

In come sequences `(batch, length, width)` and positions counted in sessions, never timestamps (at a million, a float32
angle has lost its third digit: angles here are float64); out come sequences, and embeddings of calendar columns.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["CalendarEmbedding", "LearnedPositions", "SinusoidalPositions", "rotary", "sinusoidal"]

CATEGORIES = {"day_of_week": 7, "month": 13, "turn_of_month": 2, "half_day": 2}
COUNTS = (
    *("sessions_from_month_start", "sessions_to_month_end", "sessions_to_quarter_end"),
    *("sessions_to_holiday", "sessions_from_holiday", "sessions_to_options_expiry"),
)
CYCLES = ("day_of_week_sin", "day_of_week_cos", "month_sin", "month_cos")


def sinusoidal(positions: Tensor, width: int, *, base: float = 10_000.0) -> Tensor:
    """Sines and cosines of each position at width/2 frequencies, in pairs, as `dlcore.handwritten.sinusoidal`.

    Column 2i is ``sin(t ω_i)``, column 2i + 1 ``cos(t ω_i)``, ``ω_i = base^(−2i / width)``.

    Parameters
    ----------
    positions : Tensor, shape (…)
        In sessions; any real numbers, negative for days ago.
    width : int
        Even, ≥ 2.
    base : float
        Above 1; the longest period is about 2π · base sessions.

    Returns
    -------
    Tensor of float64, shape (…, width)

    Raises
    ------
    ValueError
        For another width or base.

    References
    ----------
    Vaswani et al., *Attention is all you need*, NeurIPS 2017, section 3.5.
    """
    angles = _angles(positions, width, base)  # (…, width / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def rotary(x: Tensor, positions: Tensor, *, base: float = 10_000.0) -> Tensor:
    """Turn each pair of columns by its token's position: products of turned vectors depend on distance only.

    ``(x_2i, x_2i+1) → (x_2i cos − x_2i+1 sin, x_2i sin + x_2i+1 cos)`` of ``t ω_i``. Neighbouring columns are paired,
    as in the paper; some libraries pair the first half with the second. For queries and keys, not for values.

    Parameters
    ----------
    x : Tensor, shape (…, L, D), D even
    positions : Tensor, shape (L,) or broadcastable to (…, L)
        In sessions.
    base : float
        As in `sinusoidal`.

    Returns
    -------
    Tensor, shape (…, L, D)
        Lengths are kept.

    Raises
    ------
    ValueError
        If D is odd, or positions do not fit.

    References
    ----------
    Su et al., *RoFormer: enhanced transformer with rotary position embedding*, arXiv 2104.09864 (2021), equation 15.
    """
    if x.ndim < 2 or positions.shape[-1:] != x.shape[-2:-1]:
        raise ValueError(f"positions {tuple(positions.shape)} for x {tuple(x.shape)}: give one for each token")
    angles = _angles(positions, x.shape[-1], base)  # (…, L, D / 2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]  # (…, L, D / 2)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)  # (…, L, D)


class SinusoidalPositions(nn.Module):
    """Add `sinusoidal` codes, counted from the first token unless positions are given; nothing is learned.

    Parameters
    ----------
    width : int
        Even, ≥ 2.
    base : float
        As in `sinusoidal`.
    """

    def __init__(self, width: int, *, base: float = 10_000.0) -> None:
        super().__init__()
        sinusoidal(torch.zeros(1), width, base=base)  # refuses what it would refuse later
        self.width, self.base = width, base

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """(B, L, width) and perhaps positions, (L,) or (B, L) → (B, L, width)."""
        places = _places(x, positions, self.width)
        return x + sinusoidal(places, self.width, base=self.base).to(x.dtype)


class LearnedPositions(nn.Module):
    """Add one learned row for each place, from 0 to length − 1: there is none for a place that was never there.

    Parameters
    ----------
    length : int
        Rows of the table.
    width : int

    References
    ----------
    Gehring et al., *Convolutional sequence to sequence learning*, ICML 2017, section 3.1.
    """

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        for name, value in (("length", length), ("width", width)):
            if value < 1:
                raise ValueError(f"{name}={value} is not allowed: give an integer ≥ 1")
        self.table = nn.Parameter(torch.empty(length, width))
        nn.init.normal_(self.table, std=0.02)

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """(B, L, width) and perhaps positions, integers (L,) or (B, L) → (B, L, width)."""
        rows, width = self.table.shape
        places = _places(x, positions, width)
        if places.is_floating_point():
            raise ValueError(f"positions have dtype {places.dtype}: give integers, a table has no row between two")
        if positions is None and x.shape[1] > rows:
            raise ValueError(f"x has {x.shape[1]} tokens, the table {rows} rows: give a longer table or a shorter x")
        if positions is not None and (wrong := places[(places < 0) | (places >= rows)].tolist()):
            raise ValueError(f"position {wrong[0]} is not in the table: give integers from 0 to {rows - 1}")
        return x + self.table[places]


class CalendarEmbedding(nn.Module):
    """One vector for each day out of the columns of `dlcore.features.calendar_features`.

    Categories (day of the week, month, turn of the month, half day) have a learned row for each value. Counts of
    sessions enter as nearness 1/(1 + count): 1 on the day itself, 0 for NaN, an event that never comes. Sines and
    cosines enter as they are. All are added up.

    Parameters
    ----------
    columns : sequence of str
        Names of the last axis, in order, once each.
    width : int

    Raises
    ------
    ValueError
        For an unknown column or one that is given twice, or a width below 1.
    """

    def __init__(self, columns: Sequence[str], width: int) -> None:
        super().__init__()
        known = (*CATEGORIES, *COUNTS, *CYCLES)
        if unknown := [name for name in columns if name not in known]:
            raise ValueError(f"column {unknown[0]!r} is not in the calendar: give some of {', '.join(known)}")
        if not columns or len(set(columns)) < len(columns):
            raise ValueError(f"columns={list(columns)} is not allowed: give at least one, each once")
        if width < 1:
            raise ValueError(f"width={width} is not allowed: give an integer ≥ 1")
        self.columns = tuple(columns)
        self.tables = nn.ModuleDict(
            {name: nn.Embedding(CATEGORIES[name], width) for name in columns if name in CATEGORIES}
        )
        numbers = sum(name not in CATEGORIES for name in columns)
        self.numbers = nn.Linear(numbers, width, bias=False) if numbers else None
        for table in self.tables.parameters():
            nn.init.normal_(table, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """(…, columns), as the calendar gives them → (…, width).

        Raises
        ------
        ValueError
            If the columns do not fit, or a category is NaN or none of its values.
        """
        if x.shape[-1:] != (len(self.columns),):
            raise ValueError(f"x has shape {tuple(x.shape)}: give (…, {len(self.columns)})")
        known = dict(zip(self.columns, x.unbind(-1), strict=True))
        parts = [table(_category(name, known[name])) for name, table in self.tables.items()]  # (…, width) each
        if self.numbers is not None:
            near = [
                _nearness(known[name]) if name in COUNTS else known[name] for name in known if name not in CATEGORIES
            ]
            parts.append(self.numbers(torch.stack(near, dim=-1)))
        return torch.stack(parts).sum(0)


def _category(name: str, values: Tensor) -> Tensor:
    """Values as rows of a table."""
    first, last = int(name == "month"), CATEGORIES[name] - 1
    if wrong := values[~((values >= first) & (values <= last) & (values == values.round()))].tolist():
        raise ValueError(f"{name}={wrong[0]} is not allowed: give integers from {first} to {last}")
    return values.long()


def _nearness(count: Tensor) -> Tensor:
    return torch.nan_to_num(1 / (1 + count))


def _angles(positions: Tensor, width: int, base: float) -> Tensor:
    if width < 2 or width % 2:
        raise ValueError(f"width={width} is not allowed: give an even number ≥ 2")
    if not base > 1:
        raise ValueError(f"base={base} is not allowed: give a number above 1")
    steps = torch.arange(0, width, 2, dtype=torch.float64, device=positions.device)
    return positions.double().unsqueeze(-1) * base ** (-steps / width)


def _places(x: Tensor, positions: Tensor | None, width: int) -> Tensor:
    """The positions that were given, or 0, 1, 2 …, after a look at the shapes."""
    if x.ndim != 3 or x.shape[-1] != width:
        raise ValueError(f"x has shape {tuple(x.shape)}: give (batch, length, {width})")
    if positions is None:
        return torch.arange(x.shape[1], device=x.device)
    if positions.shape not in (x.shape[1:2], x.shape[:2]):
        raise ValueError(f"positions have shape {tuple(positions.shape)}: give {x.shape[1]} of them, for each sequence")
    return positions
