"""How the steps of a run look on a terminal: a line and a table each.

In come the plain values that a step returns, out goes text.
"""

from typing import TYPE_CHECKING, Any

import typer

from dlcore.cli.printing import plain_records, print_table

if TYPE_CHECKING:
    from dlcore.production.signals import Signals


SHOWN = 15  # longs, and as many shorts


def show_build(found: dict[str, Any]) -> None:
    """What the features are."""
    typer.echo(
        f"{found['features']} features of {found['assets']} assets × {found['dates']} dates, {found['first']} to "
        f"{found['last']}; complete on {found['complete']:.0%} of the days of members{_kept(found)}"
    )


def show_folds(found: dict[str, Any]) -> None:
    """Each fold: dates and samples."""
    typer.echo(f"{found['model']}, one model a fold and a last one for tomorrow{_kept(found)}")
    columns = ["test_from", "test_to", "train", "validation", "test", "parameters"]
    print_table(columns, [[row[column] for column in columns] for row in found["folds"]])


def show_metrics(found: dict[str, Any]) -> None:
    """Skill beside what costs nothing."""
    tested, ic, label = found["tested"], found["rank_ic"], found["label"]
    typer.echo(
        f"{label['kind']} over {label['horizon']} sessions from the {label['entry'].replace('_', ' ')}: "
        f"{tested['from']} to {tested['to']}, {tested['sessions']} sessions, {tested['names']} names"
    )
    columns = ["", "value", "error", "t", "beside it"]
    direction, brier = found["direction"], found["brier"]
    rows = [["rank IC", ic["mean"], ic["error"], ic["t_hansen_hodrick"], f"Newey–West t {_text(ic['t_newey_west'])}"]]
    for name, theirs in found["baselines"].items():
        t = _text(theirs["difference_t_hansen_hodrick"])
        row = theirs["rank_ic"]
        rows.append([f"  {name}", row["mean"], row["error"], row["t_hansen_hodrick"], f"t of the difference {t}"])
    rows += [[f"  in {row['year']}", row["mean"], None, row["t_hansen_hodrick"], ""] for row in found["by_year"]]
    rows += [
        [f"  to {row['horizon']} sessions", row["mean"], None, row["t_hansen_hodrick"], ""] for row in found["decay"]
    ]
    base = f"base rate {_text(direction['base_rate'])}"
    rows.append(["direction right", direction["accuracy"], direction["error_hac"], direction["t_over_base"], base])
    rows.append(["Brier score", brier["score"], None, None, f"skill {brier['skill']:+.4f} over the share that came"])
    print_table(columns, rows)
    said = [
        [row["probability"], row["frequency"], row["lower"], row["upper"], row["count"]] for row in found["calibration"]
    ]
    print_table(["said", "came", "from", "to", "count"], said)
    typer.echo(f"universe: {found['universe']}")


def show_backtest(found: dict[str, Any]) -> None:
    """Money, beside 1/N and the benchmark."""
    agreed = "agree" if found["engines_agree"] else "DO NOT AGREE"
    typer.echo(
        f"{found['first_session']} to {found['last_session']}, {found['costs']}; "
        f"two engines {agreed} (largest gap {max(found['accounting_gap'], found['result_gap']):.1e})"
    )
    names = ["sharpe", "total_return", "max_drawdown"]
    others = [other for other in ("1/N", "benchmark") if f"{other}_sharpe" in found]
    rows = [[name, found[name], *(found[f"{other}_{name}"] for other in others)] for name in names]
    interval = f"{_text(found['sharpe_low'])} to {_text(found['sharpe_high'])}"
    blank = [None] * len(others)
    rows.insert(1, ["  95 % interval", interval, *blank])
    more = ("annual_return", "annual_volatility", "turnover_per_session", "costs_per_year", "break_even_bps")
    rows += [[name, found[name], *blank] for name in (*more, "gross_exposure", "net_exposure", "cuts")]
    print_table(["", "strategy", *others], rows)
    typer.echo(f"universe: {found['universe']}")


def show_signals(signals: "Signals") -> None:
    """Tomorrow's book, and how many names were left out and why."""
    import pandas as pd

    table: Any = signals.table
    held, out = table[table["weight"] != 0], table[table["reason"] != ""]
    typer.echo(
        f"after the close of {signals.date}, to be filled at the {signals.fill}: {len(held)} names of {len(table)}, "
        f"gross {held['weight'].abs().sum():.3g}, net {held['weight'].sum():+.3g}; "
        f"the model learned until {signals.learned_until}"
    )
    shown = pd.concat([held[:SHOWN], held[max(len(held) - SHOWN, SHOWN) :]])
    columns = ["asset", "weight", "probability", "rank", "close", "stop", "target", "low", "high"]
    rows = [[row[column] for column in columns] for row in plain_records(shown)]
    print_table(["asset", "weight", "p", *columns[3:]], rows)
    if len(shown) < len(held):
        typer.echo(f"{len(held) - len(shown)} smaller positions, and every name that is not held: --csv")
    kinds = out["reason"].str.extract(r"^([^:\d]*?)(?:[:,\d].*| on \d.*)?$")[0].str.strip()
    groups = out.groupby(kinds, sort=False)
    if len(out):
        rows = [[kind, len(part), part["asset"].iloc[0], part["reason"].iloc[0]] for kind, part in groups]
        print_table(["left out", "names", "such as", "because"], rows)
    for row in plain_records(signals.cuts):
        typer.echo(f"cut by {row['limit']} {row['subject']}: {row['wanted']:.4g} to {row['allowed']:.4g}")
    typer.echo(f"stops and targets: {signals.notes['stops']}; low and high: {signals.notes['range']}")
    typer.echo(f"universe: {signals.notes['universe']}")


def _kept(found: dict[str, Any]) -> str:
    return "" if found["done"] else " (kept from before)"


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
