"""Some dates at a time: what one block reads and writes stays in the second-level cache, and blocks share the cores.

In comes the shape of a matrix (dates, assets) and what is to be done with some of its rows; nothing comes out, the work
writes where it belongs. No block may need another: then the answer does not depend on how many threads there are.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from numba import get_num_threads

SIZE = 2**15  # values in a block: 64 dates of 512 assets


def in_blocks(shape: tuple[int, ...], work: Callable[[slice], object]) -> None:
    """Call `work` with slices of dates that together are all of them; compiled work lets go of the interpreter's lock.

    Parameters
    ----------
    shape : tuple of int
        Of a matrix (dates, assets).
    work : callable
        Takes a slice of dates.
    """
    dates, assets = shape
    rows = max(SIZE // max(assets, 1), 1)
    blocks = [slice(start, start + rows) for start in range(0, dates, rows)]
    threads = max(min(get_num_threads(), len(blocks)), 1)

    def share(first: int) -> None:
        for block in blocks[first::threads]:
            work(block)

    if threads < 2:
        share(0)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(threads)))
