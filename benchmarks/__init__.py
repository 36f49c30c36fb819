"""How fast, against whom: `make bench` runs every row of work against its peers and writes `docs/performance.md`.

In come the simulated S&P 500 and the peers' environments; out comes one line for each pair, ours and theirs taking
turns on the same data, after their answers have been compared. Nothing here is imported by the library.
"""
