"""Compiled loops under the indicators: float64 arrays `(dates, assets)` in C order in, the same shape out.

Dates are the outer loop, so that the assets of one date do not wait for one another; each step is a small function on
contiguous rows, which the compiler turns into vector instructions. NaN is "did not trade": a window that holds one is
NaN, a recursion counts the length of its run and starts anew behind it.
"""
