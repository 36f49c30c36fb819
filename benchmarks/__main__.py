"""`python -m benchmarks`: every row, the growth, the page. `--only WORD` runs the rows whose function has the word."""

import argparse
from pathlib import Path

from benchmarks.growth import measure_growth
from benchmarks.market import market
from benchmarks.race import available, race
from benchmarks.rows import NEVER, ROWS
from benchmarks.table import COLUMNS, line, show, write

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def main() -> None:
    """Run, print, and, where nothing was left out, write."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help="a word in the name of a row's function")
    parser.add_argument("--turns", type=int, default=5, help="timed turns of each; the page wants 5 at least")
    given = parser.parse_args()
    panel = market()
    outcomes, absent = [], list(NEVER)
    for make in ROWS:
        if given.only in make.__name__:
            row = make(panel)
            outcomes += race(row, given.turns)
            absent += [
                f"{row.work} against {peer.name}: it is not installed" for peer in row.peers if not available(peer)
            ]
            show(row.work, COLUMNS[1:], [line(outcome)[1:] for outcome in outcomes if outcome.row is row])
    if given.only:
        return
    growths = measure_growth(panel)
    write(PAGE, outcomes, growths, absent)
    show("all rows", COLUMNS, map(line, outcomes))
    print(f"written: {PAGE.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
