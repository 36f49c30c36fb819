"""Ranks along the rows of a matrix: 1 for the smallest, ties share the mean of their places, NaN stays NaN.

In come float64 values (dates, assets), out come ranks of the same shape. Numpy sorts rows of 500 integers of 32 bits
up to ten times as fast as doubles, so each row is squeezed onto an integer grid that carries the column in its low
bits; what the grid could not tell apart is put right by comparing the doubles themselves, and the answer is exact.
"""

import numpy as np
from numba import njit

from dlcore.features.kernels.blocks import in_blocks


def rank_rows(values: np.ndarray) -> np.ndarray:
    """Rank every row by itself.

    Parameters
    ----------
    values : array of float64 (T, N)
        NaN has no rank. Infinities are the caller's to refuse.

    Returns
    -------
    array of float64 (T, N)
        From 1 to the number of values in the row, ties averaged: those of ``scipy.stats.rankdata(method="average")``.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    ranks = np.empty_like(values)

    def rank(rows: slice) -> None:
        order = np.empty(values[rows].shape, dtype=np.int32)
        _order(values[rows], order)
        average_ranks(values[rows], order, ranks[rows])

    in_blocks(values.shape, rank)
    return ranks


def order_rows(values: np.ndarray) -> np.ndarray:
    """Sort every row by itself.

    Parameters
    ----------
    values : array of float64 (T, N)
        As for `rank_rows`.

    Returns
    -------
    array of int32 (T, N)
        Columns from the smallest value to the largest, of equal values the first column first, NaN last: those of
        ``numpy.argsort(kind="stable")``.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    columns = np.empty(values.shape, dtype=np.int32)
    in_blocks(values.shape, lambda rows: _order(values[rows], columns[rows]))
    return columns


def _order(block: np.ndarray, order: np.ndarray) -> None:
    """Write the columns of each row from its smallest value to its largest."""
    bits = max(block.shape[1] - 1, 1).bit_length()
    grid_keys(block, bits, order)
    order.sort(axis=1)
    rough = exact_order(block, bits, order)
    if rough.any():
        order[rough] = np.argsort(block[rough], axis=1, kind="stable")


def centred_rank_rows(values: np.ndarray) -> np.ndarray:
    """Ranks of each row on one scale, however many are known: (rank − ½) / n − ½.

    Parameters
    ----------
    values : array of float64 (T, N)
        As for `rank_rows`.

    Returns
    -------
    array of float64 (T, N)
        In (−½, ½), each row with mean 0. NaN stays, and a value alone in its row has no place among others: NaN too.
    """
    known = (~np.isnan(values)).sum(axis=1, keepdims=True)  # (T, 1)
    ranks = rank_rows(values)
    ranks -= 0.5
    ranks /= np.where(known > 1, known, np.nan)
    ranks -= 0.5
    return ranks


@njit(cache=True, nogil=True)
def grid_keys(values, bits, keys):
    """Write each value's place between the row's extremes and, in the low `bits`, its column. NaN comes last."""
    rows, columns = values.shape
    top = np.int64((1 << (31 - bits)) - 1)  # the place of NaN
    for t in range(rows):
        low, high = np.inf, -np.inf
        for i in range(columns):
            v = values[t, i]
            low = min(low, v) if v == v else low
            high = max(high, v) if v == v else high
        spread = 0.5 * high - 0.5 * low  # halves: the difference of two doubles may overflow
        spread = spread if spread > 0 else 1.0
        for i in range(columns):
            v = values[t, i]
            place = np.int64((0.5 * v - 0.5 * low) / spread * (top - 1)) if v == v else top
            keys[t, i] = np.int32((place << bits) | i)


@njit(cache=True, nogil=True)
def exact_order(values, bits, keys):
    """Turn sorted keys into columns from smallest to largest value; True where the grid was too coarse for that."""
    rows, columns = values.shape
    mask = np.int32((1 << bits) - 1)
    rough = np.zeros(rows, dtype=np.bool_)
    for t in range(rows):
        row, column = values[t], keys[t]
        for i in range(columns):
            column[i] = column[i] & mask
        moves, last = 0, -np.inf
        for i in range(columns):
            moving = column[i]
            v = row[moving]
            if not last > v:  # nearly always: the grid had them right; NaN, which come last, stay
                last = v
                continue
            j = i
            while j > 0 and row[column[j - 1]] > v:
                column[j] = column[j - 1]
                j -= 1
            column[j] = moving
            moves += i - j
            if moves > 8 * columns:
                rough[t] = True
                break
    return rough


@njit(cache=True, nogil=True)
def average_ranks(values, order, ranks):
    """Write to each column its place in the order, equal values sharing the mean of theirs; no branch on ties."""
    rows, columns = values.shape
    ordered = np.empty(columns)
    first = np.empty(columns, dtype=np.int64)
    for t in range(rows):
        row, column = values[t], order[t]
        known = 0
        for i in range(columns):
            ordered[i] = row[column[i]]
            known += ordered[i] == ordered[i]
        for i in range(known, columns):
            ranks[t, column[i]] = np.nan
        start = 0
        for i in range(known):
            start += (i - start) * (ordered[i] != ordered[max(i - 1, 0)])
            first[i] = start
        end = known - 1
        for i in range(known - 1, -1, -1):
            end += (i - end) * (ordered[i] != ordered[min(i + 1, known - 1)])
            ranks[t, column[i]] = 0.5 * (first[i] + end) + 1.0
