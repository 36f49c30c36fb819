"""`dlcore features build`, `train`, `evaluate`, `backtest`, `predict`, `run`: from a config to what to hold tomorrow.

Each command takes the same config and options, sees to the steps before its own, and prints what it found.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlcore.cli.findings import show_backtest, show_build, show_folds, show_metrics, show_signals
from dlcore.cli.printing import AsJson, one_line_refusals, print_json, progress_bar

if TYPE_CHECKING:
    from dlcore.production.work import Work

ConfigFile = Annotated[
    Path | None, typer.Argument(help="A TOML file as `dlcore config init` prints it; without it that of --run.")
]
Folder = Annotated[Path | None, typer.Option("--run", help="Folder of the run, in place of the config's.")]
Market = Annotated[str | None, typer.Option("--market", help="A name of `dlcore data list`, or a file's path.")]
First = Annotated[str | None, typer.Option("--start", help="First date, such as 2015-01-31.")]
Last = Annotated[str | None, typer.Option("--end", help="Last date.")]
ModelName = Annotated[str | None, typer.Option("--model", help="A forecaster of dlcore.models.")]
Horizon = Annotated[int | None, typer.Option("--horizon", help="Sessions from fill to fill.")]
Top = Annotated[int | None, typer.Option("--top", help="Names bought each day.")]
Bottom = Annotated[int | None, typer.Option("--bottom", help="Names sold short each day; 0 for none.")]
Threshold = Annotated[float | None, typer.Option("--threshold", help="Buy only at this probability or above.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="Any key: --set model.trials=20. May be given again.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print all names as CSV.")]

features = typer.Typer(help="Features of a market.", no_args_is_help=True, rich_markup_mode=None)
config = typer.Typer(help="The config of a run.", no_args_is_help=True, rich_markup_mode=None)


@config.command("init")
def print_config(overrides: Overrides = None) -> None:
    """Print a config with every key and its meaning: dlcore config init > run.toml"""
    with one_line_refusals():
        from dlcore.production.config_text import make_config, override, settings_text

        typer.echo(settings_text(make_config(override({}, overrides or [], {}))), nl=False)


def command(step: str, show: Callable[[Any], None], about: str) -> Callable[..., None]:
    """A command that does one step of a config and prints what came of it."""

    def run(
        config: ConfigFile = None,
        folder: Folder = None,
        market: Market = None,
        start: First = None,
        end: Last = None,
        model: ModelName = None,
        horizon: Horizon = None,
        top: Top = None,
        bottom: Bottom = None,
        threshold: Threshold = None,
        overrides: Overrides = None,
        as_json: AsJson = False,
    ) -> None:
        replaced = {"data.market": market, "data.start": start, "data.end": end, "model.name": model}
        replaced |= {"label.horizon": horizon, "portfolio.top": top, "portfolio.bottom": bottom}
        replaced |= {"portfolio.threshold": threshold}
        with one_line_refusals(), progress_bar(step) as progress:
            from dlcore.production import steps

            found = getattr(steps, step)(open_work(config, folder, replaced, overrides or []), progress)
        print_json(found) if as_json else show(found)

    run.__doc__ = about
    return run


def predict(
    config: ConfigFile = None,
    folder: Folder = None,
    overrides: Overrides = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Say what to hold after the newest close, at which prices to leave, and why names were left out."""
    with one_line_refusals(), progress_bar("predict") as progress:
        from dlcore.production import steps

        signals = steps.predict(open_work(config, folder, {}, overrides or []), progress)
    if as_csv:
        typer.echo(signals.table.to_csv(index=False), nl=False)
    elif as_json:
        print_json(signals.to_plain())
    else:
        show_signals(signals)


def run_all(
    config: ConfigFile = None,
    folder: Folder = None,
    market: Market = None,
    model: ModelName = None,
    overrides: Overrides = None,
) -> None:
    """Do all steps: features, training, evaluation, backtests, and what to hold tomorrow."""
    replaced = {"data.market": market, "model.name": model}
    with one_line_refusals():
        from dlcore.production import steps

        work = open_work(config, folder, replaced, overrides or [])
    for step, show in (*SHOWN.items(), ("predict", show_signals)):
        with one_line_refusals(), progress_bar(step) as progress:
            found = getattr(steps, step)(work, progress)
        typer.echo(f"── {step}")
        show(found)
    typer.echo(f"all of it: {work.folder.path}")


SHOWN: dict[str, Callable[[Any], None]] = {
    "build": show_build,
    "train": show_folds,
    "evaluate": show_metrics,
    "backtest": show_backtest,
}
features.command("build")(command("build", show_build, "Compute the features of a config, and keep them."))


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this file on the door."""
    app.add_typer(config, name="config")
    app.add_typer(features, name="features")
    about = {
        "train": "Walk forward and keep every fold's model, its probabilities, and a last model for tomorrow.",
        "evaluate": "Judge the probabilities of the walk: rank IC, direction, calibration, baselines.",
        "backtest": "Trade the probabilities in two engines and draw the page about it.",
    }
    for step, text in about.items():
        app.command(step)(command(step, SHOWN[step], text))
    app.command("predict")(predict)
    app.command("run")(run_all)


def open_work(file: Path | None, folder: Path | None, replaced: dict[str, Any], overrides: list[str]) -> "Work":
    """A Work from a file, or from the folder of an earlier run.

    Raises
    ------
    ValueError
        Without either, and as `read_config` and `RunFolder`.
    """
    from dlcore.production.config_text import read_config
    from dlcore.production.run_folder import CONFIG
    from dlcore.production.work import Work

    if file is None and folder is None:
        raise ValueError("there is no config: give a file, or --run with the folder of an earlier run")
    place = None if folder is None else str(folder)
    source = file or Path(str(folder)) / CONFIG
    return Work(read_config(source, overrides, {**replaced, "run.folder": place}))
