"""Ranks along a row: ties share their mean rank, NaN has none and is not counted.

A float becomes an integer of the same order, and its lowest bits make room for its place in the row: one sort of
integers, for which numpy has vector instructions, then gives order and keys together. The few values that differ in
the lost bits alone are put right afterwards, so the ranks are exact.
"""

import numpy as np
from numba import njit

BLOCK = 64  # dates whose keys stay in the cache between the steps
NAN = np.iinfo(np.int64).max  # the key of NaN: behind infinity


@njit(cache=True, nogil=True)
def _order_keys(keys, values):
    """Bit patterns to integers of the same order: where the sign is set, all other bits turn round."""
    for t in range(keys.shape[0]):
        for i in range(keys.shape[1]):
            key = keys[t, i] ^ ((keys[t, i] >> 63) & NAN)
            keys[t, i] = key if values[t, i] == values[t, i] else NAN


@njit(cache=True, nogil=True)
def _pack(packed, keys, places):
    """The keys with their lowest bits, as many as `places` has, replaced by the place in the row."""
    for t in range(keys.shape[0]):
        for i in range(keys.shape[1]):
            packed[t, i] = (keys[t, i] & ~places) | i


@njit(cache=True, nogil=True)
def _fill_ranks(ranks, packed, keys, places):
    """Ranks of one block, from its sorted places and its exact keys."""
    rows, columns = keys.shape
    order = np.empty(columns, np.int64)
    for t in range(rows):
        for i in range(columns):
            place, j = packed[t, i] & places, i
            while j > 0 and keys[t, order[j - 1]] > keys[t, place]:  # differed in the lost bits alone
                order[j] = order[j - 1]
                j -= 1
            order[j] = place
        first = 0
        while first < columns:
            key, last = keys[t, order[first]], first + 1
            while last < columns and keys[t, order[last]] == key:
                last += 1
            rank = 0.5 * (first + last + 1) if key != NAN else np.nan  # mean of first + 1 … last
            for i in range(first, last):
                ranks[t, order[i]] = rank
            first = last


def rank_rows(values: np.ndarray) -> np.ndarray:
    """Rank each row on its own.

    Parameters
    ----------
    values : array of float64 (dates, assets)
        NaN is not ranked; −0 and 0 are equal; infinities are the extremes.

    Returns
    -------
    array of float64 (dates, assets)
        1 for the smallest to n for the largest of the n known values, ties at the mean of their ranks, NaN kept.
    """
    ranks = np.empty(values.shape)
    places = (1 << (values.shape[1] - 1).bit_length()) - 1
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK] + 0.0  # −0 becomes 0; the copy is ours
        keys = block.view(np.int64)
        exact = keys.copy()
        _order_keys(exact, block)
        _pack(keys, exact, places)  # over the values, which are no longer needed
        keys.sort(axis=1)
        _fill_ranks(ranks[start : start + BLOCK], keys, exact, places)
    return ranks


def centred_rank_rows(values: np.ndarray) -> np.ndarray:
    """Ranks of each row on one scale, however many are known: (rank − ½) / n − ½.

    Parameters
    ----------
    values : array of float64 (dates, assets)
        As for `rank_rows`.

    Returns
    -------
    array of float64 (dates, assets)
        In (−½, ½), each row with mean 0; a value alone on its date is 0, NaN stays.
    """
    known = np.maximum((~np.isnan(values)).sum(axis=1, keepdims=True), 1)  # (dates, 1)
    ranks = rank_rows(values)
    ranks -= 0.5
    ranks /= known
    ranks -= 0.5
    return ranks
