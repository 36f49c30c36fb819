"""`dlcore leaderboard`: enter the baselines where they are missing, and print every row."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlcore.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from dlcore.contests import Leaderboard

ROW = ("name", "rank IC", "t", "direction", "net Sharpe", "95 %", "turnover", "parameters", "seconds", "deflated")


def leaderboard(
    arena: Annotated[list[str] | None, typer.Option(help="real, planted, empty; all without it.")] = None,
    folder: Annotated[str, typer.Option(help="Where the rows lie.")] = "build/leaderboard",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Print the leaderboard: rank IC, direction, Sharpe net of costs with its interval, of every entry."""
    from dlcore.contests import ARENAS, Leaderboard
    from dlcore.contests.baselines import enter_baselines

    chosen = arena or list(ARENAS)
    if unknown := [name for name in chosen if name not in ARENAS]:
        typer.echo(f"dlcore: arena={unknown[0]!r} is not there: give one of {', '.join(ARENAS)}", err=True)
        raise typer.Exit(2)
    board = Leaderboard(folder)
    for name in chosen:
        if "LightGBM" not in {row.name for row in board.rows(name)}:
            for entered in enter_baselines(board, name):
                typer.echo(f"entered {entered} in {name}", err=True)
    if as_json:
        print_json({name: [vars(row) for row in board.rows(name)] for name in chosen})
        return
    for name in chosen:
        print_board(board, name)


def print_board(board: "Leaderboard", arena: str) -> None:
    """Print the rows of one arena, best first."""
    typer.echo(f"{arena}: {len(board.trials.table(arena))} trials")
    print_table(list(ROW), [_shown(row) for row in board.table(arena).to_dict("records")])


def _shown(row: dict) -> list[str]:
    """One row as words; a dash where a number does not apply."""

    def text(value: float, form: str) -> str:
        return "–" if value is None or value != value else format(value, form)  # NaN is not itself

    interval = f"{text(row['sharpe_low'], '+.2f')} to {text(row['sharpe_high'], '+.2f')}"
    return [
        row["name"],
        f"{text(row['rank_ic'], '+.3f')} ± {text(row['rank_ic_error'], '.3f')}"
        if row["rank_ic"] == row["rank_ic"]
        else "–",
        text(row["rank_ic_t"], "+.1f"),
        text(row["direction"], ".1%"),
        text(row["sharpe"], "+.2f"),
        interval if row["sharpe"] == row["sharpe"] else "–",
        text(row["turnover"], ".2f"),
        f"{row['parameters']:,}",
        f"{row['seconds']:.1f}",
        text(row["deflated"], ".2f"),
    ]
