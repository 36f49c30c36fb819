"""`dlcore data`: what markets there are, what is in them, and how prices of your own or from the network come in."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlcore.cli.printing import AsJson, one_line_refusals, plain_records, print_json, print_table, progress_bar

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.markets.quality import Report

TOLD = ("weakness", "quarantined", "failures", "stale")  # what no check of prices can see

data = typer.Typer(help="Markets: built in, your own, downloaded.", no_args_is_help=True, rich_markup_mode=None)

Market = Annotated[
    str, typer.Argument(help="A name of `dlcore data list`, with options: simulated-sp500?ic=0; or a file's path.")
]
Stored = Annotated[str, typer.Argument(help="Name of an imported or downloaded market.")]
First = Annotated[str | None, typer.Option("--start", help="First date, such as 2015-01-31.")]
Last = Annotated[str | None, typer.Option("--end", help="Last date.")]
Calendar = Annotated[str, typer.Option(help="Code of the exchange, such as XNYS or 24/7; auto fits the dates.")]


@data.command("list")
def list_markets(as_json: AsJson = False) -> None:
    """List the markets: those built in, and those in the store."""
    from dlcore.markets.catalogue import list_built_in, list_stored

    with one_line_refusals():
        rows = [*list_built_in(), *list_stored()]
    if as_json:
        print_json(rows)
        return
    columns = ["name", "assets", "sessions", "licence", "what"]
    print_table(columns, [[row[column] for column in columns] for row in rows])


@data.command("show")
def show_market(name: Market, start: First = None, end: Last = None, as_json: AsJson = False) -> None:
    """Show what one market holds: axes, fields with their range and gaps, and where it is from."""
    found = describe(_load(name, start, end))
    if as_json:
        print_json({"name": name, **found})
        return
    typer.echo(f"{name}: {found['assets']} assets × {found['dates']} dates, {found['first']} to {found['last']}")
    columns = ["field", "dims", "missing", "min", "max"]
    print_table(columns, [[field[column] for column in columns] for field in found["fields"]])
    for key, value in found["attrs"].items():
        typer.echo(f"{key}: {value}")


@data.command("check")
def check_market(
    name: Market,
    start: First = None,
    end: Last = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the findings over time: a .png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for defects in one market; exit code 1 when there are errors."""
    damaged = _damage(name)
    panel = _load(name, start, end)  # first: a mistake need not wait for the checks
    from dlcore.markets.quality import check_quality

    report = check_quality(panel)
    told = {key: panel.attrs.get(key, "none") for key in TOLD}
    if as_json:
        print_json(told | report.to_dict())
    else:
        if report.findings.empty:
            typer.echo(f"{name}: nothing found")
        else:
            table = report.summary()
            print_table(list(table.columns), [list(row) for row in table.itertuples(index=False)])
        for key, value in told.items():
            if value != "none":
                typer.echo(f"{key}: {value}")
    if figure:
        _draw(figure, report, panel)
    for line in damaged:
        typer.echo(f"dlcore: {line}", err=True)
    raise typer.Exit(int(report.errors > 0 or bool(damaged)))


@data.command("import")
def import_market(
    path: Annotated[str, typer.Argument(help="A CSV or Parquet file, or a folder of such.")],
    name: Annotated[str, typer.Option(help="What it is to be called: small letters, digits, _ and -.")],
    calendar: Calendar = "auto",
    as_json: AsJson = False,
) -> None:
    """Store prices of your own under a name; what that name held before is replaced."""
    with one_line_refusals(), progress_bar(f"importing {Path(path).name}") as progress:
        from dlcore.markets.store import import_panel

        progress(0, 1)
        done = import_panel(path, name, calendar=calendar)
        progress(1, 1)
    if as_json:
        print_json(asdict(done))
        return
    typer.echo(f"{name}: {done.rows} rows, {done.assets} assets × {done.sessions} dates, {done.first} to {done.last}")
    if done.quarantined:
        typer.echo(f"{done.quarantined} rows are in quarantine: dlcore data quarantine {name}")


@data.command("get")
def get_market(
    source: Annotated[str, typer.Argument(help="A source and symbols: yahoo:AAPL,BTC-USD or yahoo:sp500")],
    name: Annotated[str | None, typer.Option(help="What it is to be called; without it, from the source.")] = None,
    start: First = None,
    calendar: Calendar = "auto",
    as_json: AsJson = False,
) -> None:
    """Download a market, or what is missing of it; exit code 1 where symbols failed."""
    with one_line_refusals(), progress_bar(f"downloading {source}") as progress:
        from dlcore.markets.downloads import download

        report = download(source, name, start=start, calendar=calendar, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        typer.echo(
            f"{report.name}: {report.rows} rows on {report.sessions} dates for {len(report.stored)} symbols, "
            f"{len(report.current)} had all to {report.last or 'now'}, {len(report.again)} were had anew"
        )
        if report.quarantined:
            typer.echo(f"{report.quarantined} rows are in quarantine: dlcore data quarantine {report.name}")
        if report.failed:
            print_table(["symbol", "why nothing came"], [list(failure) for failure in report.failed.items()])
    raise typer.Exit(int(bool(report.failed)))


@data.command("quarantine")
def show_quarantine(name: Stored, as_json: AsJson = False) -> None:
    """Show the rows that may not be in a Panel, as they came, each with its reason."""
    with one_line_refusals():
        from dlcore.markets.store import read_quarantine

        rows = plain_records(read_quarantine(name))
    if as_json:
        print_json(rows)
    elif not rows:
        typer.echo(f"{name}: nothing is in quarantine")
    else:
        print_table(list(rows[0]), [list(row.values()) for row in rows])


@data.command("sql")
def ask_stores(
    sql: Annotated[
        str, typer.Argument(help="One SELECT; the tables are the names of imported and downloaded markets.")
    ],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
) -> None:
    """Ask the stored rows in SQL."""
    with one_line_refusals():
        from dlcore.markets.store import query

        answer = query(sql)
    if as_csv:
        typer.echo(answer.to_csv(index=False), nl=False)
    elif as_json:
        print_json(plain_records(answer))
    else:
        print_table([str(column) for column in answer.columns], [list(row.values()) for row in plain_records(answer)])


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
        dims, missing = ", ".join(map(str, variable.dims)), 1 - known.size / variable.size
        fields.append({"field": str(name), "dims": dims, "missing": missing, "min": low, "max": high})
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


def _draw(path: Path, report: "Report", panel: "xr.Dataset") -> None:
    """The one figure of a report."""
    with one_line_refusals():
        try:
            from dlcore.plots import figure
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{error.name} is not installed: pip install dlcore[plots]") from None
        from dlcore.markets.quality import draw_report

        whole, axes = figure(height=0.8 + 0.35 * len(set(report.findings["check"])))
        draw_report(axes, report, panel)
        whole.savefig(path)


def _load(name: str, start: str | None, end: str | None) -> "xr.Dataset":
    with one_line_refusals():
        from dlcore.markets import load_panel

        return load_panel(name, start, end)


def _damage(name: str) -> list[str]:
    """What of a store is not as it was written."""
    with one_line_refusals():
        from dlcore.markets.store.places import is_store
        from dlcore.markets.store.reading import verify_store

        return verify_store(name) if is_store(name) else []
