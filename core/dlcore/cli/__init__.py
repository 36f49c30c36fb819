"""One door: the `dlcore` command.

Commands only parse, call the library and print. Whatever the library refuses comes out as one line on stderr with
exit code 2; heavy imports happen inside the commands, so that `--help` is immediate.
"""

from typing import Annotated

import typer

from dlcore.cli.benchmark import benchmark
from dlcore.cli.contests import leaderboard
from dlcore.cli.data import data
from dlcore.cli.trade import add_commands

app = typer.Typer(
    help="Deep learning for quantitative trading, by hand and checked.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data, name="data")
app.add_typer(benchmark, name="benchmark")
add_commands(app)
app.command("leaderboard")(leaderboard)


def main() -> None:
    """Entry point of the command."""
    app(prog_name="dlcore")


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Deep learning for quantitative trading, by hand and checked."""
    if version:
        import dlcore

        typer.echo(dlcore.__version__)
        raise typer.Exit
