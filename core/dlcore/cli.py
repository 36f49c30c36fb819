"""One door: the `dlcore` command.

Commands only parse, call the library and print. Whatever the library refuses comes out as one line on stderr with
exit code 2; heavy imports happen inside the commands, so that `--help` is immediate.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import xarray as xr

app = typer.Typer(
    help="Deep learning for quantitative trading, by hand and checked.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(help="Markets that can be loaded by name.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data, name="data")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


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


@data.command("list")
def list_markets(as_json: AsJson = False) -> None:
    """List the markets, loading each one to say what is in it."""
    from dlcore.markets.sources import SOURCES

    rows = [{"name": name, "what": source.what, **_measure(name)} for name, source in SOURCES.items()]
    if as_json:
        _print_json(rows)
        return
    columns = ["name", "assets", "sessions", "licence", "what"]
    _print_table(columns, [[_text(row[column]) for column in columns] for row in rows])


@data.command("show")
def show_market(
    name: Annotated[str, typer.Argument(help="A name of `dlcore data list`, with options: simulated-sp500?ic=0")],
    start: Annotated[str | None, typer.Option(help="First date, such as 2015-01-31.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what one market holds: axes, fields with their range and gaps, and where it is from."""
    found = describe(_load(name, start, end))
    if as_json:
        _print_json({"name": name, **found})
        return
    typer.echo(f"{name}: {found['assets']} assets × {found['dates']} dates, {found['first']} to {found['last']}")
    columns = ["field", "dims", "missing", "min", "max"]
    _print_table(columns, [[_text(field[column]) for column in columns] for field in found["fields"]])
    for key, value in found["attrs"].items():
        typer.echo(f"{key}: {value}")


@data.command("check")
def check_market(
    name: Annotated[str, typer.Argument(help="A name of `dlcore data list`, with options: simulated-sp500?ic=0")],
    start: Annotated[str | None, typer.Option(help="First date, such as 2015-01-31.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for defects in one market; exit code 1 when there are errors."""
    panel = _load(name, start, end)  # first: a mistake need not wait for the checks
    from dlcore.markets.quality import check_quality

    report = check_quality(panel)
    if as_json:
        typer.echo(report.to_json())
    elif report.findings.empty:
        typer.echo(f"{name}: nothing found")
    else:
        table = report.summary()
        _print_table(list(table.columns), [[str(value) for value in row] for row in table.itertuples(index=False)])
    raise typer.Exit(int(report.errors > 0))


def describe(panel: "xr.Dataset") -> dict[str, Any]:
    """What a Panel holds, in plain Python types.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A checked Panel.

    Returns
    -------
    dict
        `assets`, `dates`, `first`, `last`, `fields` (name, dims, share missing, min, max; None where all is missing)
        and `attrs`.
    """
    fields = []
    for name, variable in panel.data_vars.items():
        known = variable.to_numpy()[variable.notnull().to_numpy()]
        low, high = (float(known.min()), float(known.max())) if known.size else (None, None)
        missing = 1 - known.size / variable.size
        fields.append(
            {
                "field": str(name),
                "dims": ", ".join(map(str, variable.dims)),
                "missing": missing,
                "min": low,
                "max": high,
            }
        )
    dates = panel.indexes["date"]
    return {
        "assets": panel.sizes["asset"],
        "dates": panel.sizes["date"],
        "first": str(dates[0])[:10],
        "last": str(dates[-1])[:10],
        "fields": fields,
        "attrs": {
            key: value if isinstance(value, str | int | float) else str(value) for key, value in panel.attrs.items()
        },
    }


def _measure(name: str) -> dict[str, Any]:
    """One row of the list; a source whose package is missing says so instead of ending the list."""
    from dlcore.markets import load_panel

    try:
        panel = load_panel(name)
    except ModuleNotFoundError as error:
        return {"what": str(error), "assets": None, "sessions": None, "fields": None, "licence": None}
    return {
        "assets": panel.sizes["asset"],
        "sessions": panel.sizes["date"],
        "fields": " ".join(map(str, panel.data_vars)),
        "licence": panel.attrs["licence"].partition(" (")[0],
    }


def _load(name: str, start: str | None, end: str | None) -> "xr.Dataset":
    """Load, or end with one line and exit code 2."""
    from dlcore.markets import load_panel

    try:
        return load_panel(name, start, end)
    except (ValueError, ModuleNotFoundError, FileNotFoundError) as error:
        typer.echo(f"dlcore: {error}", err=True)
        raise typer.Exit(2) from None


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def _print_table(columns: list[str], rows: list[list[str]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
