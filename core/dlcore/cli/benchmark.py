"""`dlcore benchmark`: the public forecasting benchmark, and networks beside the last price, on files of yours."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlcore.cli.printing import AsJson, one_line_refusals, print_json, print_table

if TYPE_CHECKING:
    from dlcore.contests.ett import Result
    from dlcore.contests.prices import PriceResult

benchmark = typer.Typer(help="Public benchmarks, on files that you have.", no_args_is_help=True, rich_markup_mode=None)


@benchmark.callback()
def several() -> None:
    """Public benchmarks, on files that you have."""


@benchmark.command("ett")
def forecast_series(
    path: Annotated[Path, typer.Option(help="ETTh1.csv, a file of its form, or a plain matrix; may be gzipped.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="An entrant; may be given again. Without it repeat-last, seasonal-mean and ridge."),
    ] = None,
    horizon: Annotated[int, typer.Option(help="Rows to forecast.")] = 96,
    look_back: Annotated[int | None, typer.Option(help="Rows that are known; without it the entrant's own.")] = None,
    seeds: Annotated[int, typer.Option(help="Seeds of a network; the row is their mean.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Forecast a file of many channels; errors over the whole test set, with HAC standard errors."""
    with one_line_refusals():
        from dlcore.contests.ett import ENTRANTS, compete, read_series

        series, names = read_series(path), model or ["repeat-last", "seasonal-mean", "ridge"]
        if unknown := [name for name in names if name not in ENTRANTS]:
            raise ValueError(f"model={unknown[0]!r} is not there: give one of {', '.join(ENTRANTS)}")
        results = [
            compete(series, name, horizon=horizon, look_back=look_back, seeds=seeds, progress=_telling(name))
            for name in names
        ]
        rows = [_row(result, results[0]) for result in results]
    if as_json:
        print_json({"file": path.name, "horizon": horizon, "results": rows})
        return
    typer.echo(f"{path.name}: {len(results[0].losses.squared)} test windows, horizon {horizon}")
    heads = ["model", "look-back", "MSE", "MAE", f"less {names[0]}", "seeds", "seconds"]
    print_table(heads, [_shown(row) for row in rows])


@benchmark.command("prices")
def foretell_prices(
    market: Annotated[str, typer.Option(help="A name, a stored market or a path; opens and volumes are needed.")],
    start: Annotated[str | None, typer.Option(help="First date.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date; the 252 sessions up to it are the test.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="ANN, ANN-level, LSTM; ANN and LSTM without it.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 0,
    epochs: Annotated[int | None, typer.Option(help="At most; the model's own without it.")] = None,
    folder: Annotated[str, typer.Option(help="Where the leaderboard lies.")] = "build/leaderboard",
    as_json: AsJson = False,
) -> None:
    """Train on all assets of a market; prices beside the last price, sides, R²; and the market's leaderboard."""
    with one_line_refusals():
        from dlcore.cli.contests import print_board
        from dlcore.contests import Leaderboard, own_arena
        from dlcore.contests.baselines import enter_baselines
        from dlcore.contests.prices import compete

        place, board = own_arena(market, start, end), Leaderboard(folder)
        results = [compete(board, place, name, seed=seed, epochs=epochs) for name in model or ["ANN", "LSTM"]]
        if "LightGBM" not in {row.name for row in board.rows(place.name)}:
            list(enter_baselines(board, place))
    if as_json:
        print_json({"market": place.name, "results": [vars(result) for result in results]})
        return
    heads = ["model", "MAPE %", "last price %", "side", "always the same", "R²", "weights", "seconds"]
    print_table(heads, [_foretold(result) for result in results])
    print_board(board, place.name)


def _foretold(result: "PriceResult") -> list[str]:
    return [
        result.name,
        f"{result.mape:.3f}",
        f"{result.last_mape:.3f}",
        f"{result.direction:.4f} ± {result.direction_error:.4f}",
        f"{result.base_rate:.4f}",
        f"{result.r_squared:+.4f}",
        f"{result.parameters:,}",
        f"{result.seconds:.0f}",
    ]


def _telling(name: str) -> Any:
    """A line on a terminal before each seed; the bar under it is that of the seed's epochs."""

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty() and done < total:
            typer.echo(f"{name}: {done + 1} of {total}", err=True)

    return tell


def _row(result: "Result", first: "Result") -> dict[str, Any]:
    """A result as JSON can hold it, and its difference to the first, window by window."""
    difference, error = result.against(first) if result is not first else (None, None)
    names = ("name", "look_back", "mse", "mse_error", "mae", "mae_error")
    row = {name: getattr(result, name) for name in names} | {"windows": len(result.losses.squared)}
    row |= {"difference": difference, "difference_error": error}
    return row | {"by_seed": list(result.by_seed), "seconds": result.seconds}


def _shown(row: dict[str, Any]) -> list[str | None]:
    """One row as words; of several seeds the lowest and the highest MSE."""

    def text(name: str, form: str = ".4f") -> str | None:
        return None if row[name] is None else f"{row[name]:{form}} ± {row[f'{name}_error']:.4f}"

    each = row["by_seed"]
    span = f"{min(each):.4f} to {max(each):.4f}" if len(each) > 1 else None
    apart = text("difference", "+.4f")
    return [row["name"], str(row["look_back"]), text("mse"), text("mae"), apart, span, f"{row['seconds']:.1f}"]
