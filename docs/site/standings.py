"""The leaderboard as a page, from the rows that the lessons and `make leaderboard` entered."""

import math

from challenges.course.catalog import ROOT
from dlcore.contests import Leaderboard

HEAD = """# The leaderboard

One protocol for all: the same folds, the same dates, orders filled a session after they are decided, 5 basis points a
side. The interval is over days only; it holds fixed the seed. `make leaderboard` enters the baselines; each lesson
enters its own rows when it runs. *Rank IC* is the mean rank correlation of a day's scores with what came, with an error
that knows of the overlap, and *t* their ratio; *net Sharpe* is annual, after costs; *turnover* is daily, two-way;
*weights* are the numbers learned in one fold. A trial is a configuration that was judged, also one whose row another of
the same name has replaced.
"""
ARENAS = {
    "real": "Twenty large US stocks, closes only, survivorship-biased: they are chosen by what they became.",
    "planted": "A simulated market with a pattern of known strength: what a correct pipeline must find.",
    "empty": "The same market without the pattern: what is found here is a leak or luck.",
}


def number(value: float | None, form: str) -> str:
    """A cell: the number, or a dash where it does not apply."""
    return "–" if value is None or math.isnan(value) else format(value, form)


def rows(board: Leaderboard, arena: str) -> list[str]:
    """The table's lines, best net Sharpe first."""
    lines = ["| entry | rank IC | t | net Sharpe | 95 % | turnover | weights |", "|---|---|---|---|---|---|---|"]
    for row in board.table(arena).to_dict("records"):
        skill = f"{number(row['rank_ic'], '+.3f')} ± {number(row['rank_ic_error'], '.3f')}".replace("– ± –", "–")
        between = f"{number(row['sharpe_low'], '+.2f')} to {number(row['sharpe_high'], '+.2f')}"
        lines.append(
            f"| {row['name']} | {skill} | {number(row['rank_ic_t'], '+.1f')} "
            f"| {number(row['sharpe'], '+.2f')} | {between} | {row['turnover']:.2f} | {row['parameters']:,} |"
        )
    return lines


def page() -> str:
    """The page; where nothing was entered it says which command does."""
    board = Leaderboard(ROOT / "build" / "leaderboard")
    parts = [HEAD]
    for arena, what in ARENAS.items():
        table = rows(board, arena) if board.rows(arena) else ["No row yet: run `make leaderboard`."]
        trials = len(board.trials.table(arena))
        parts.append("\n".join([f"## {arena}\n", f"{what} {trials} trials so far.\n", *table, ""]))
    return "\n".join(parts)
