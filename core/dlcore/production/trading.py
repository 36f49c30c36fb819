"""From probabilities to money: tranches that overlap, limits, costs, two engines and one page.

In come probabilities and a Panel, out come weights that keep the limits, the Results of both engines, whether they
agree, and the page about them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dlcore.production.inputs import survivorship, traded_value

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.backtest import Reconciliation, Result
    from dlcore.production.config import Config

BEFORE = 25  # sessions before the first decision, from which price impact estimates liquidity


class Traded(NamedTuple):
    """What became of the weights: a Result of each engine, whether they agree, and what the limits cut."""

    vectorized: "Result"
    events: "Result"
    agreement: "Reconciliation"
    cuts: "pd.DataFrame"


def wanted_weights(
    config: "Config", panel: "xr.Dataset", probability: "xr.DataArray"
) -> "tuple[xr.DataArray, pd.DataFrame]":
    """Weights that the portfolio of a config wants, after its limits.

    Parameters
    ----------
    config : Config
        Its `portfolio`, and the label's horizon.
    panel : Dataset (date, asset)
        Has the dates and assets of the probabilities.
    probability : DataArray (date, asset)
        NaN is no opinion.

    Returns
    -------
    weights : DataArray (date, asset)
        As `overlapping_weights`, never larger.
    cuts : DataFrame
        As `apply_limits`.

    Raises
    ------
    ValueError
        As these two, and for a sector limit on a panel without sectors.
    """
    from dlcore.backtest import overlapping_weights
    from dlcore.risk import Limits, apply_limits

    terms = config.portfolio
    bottom = terms.bottom or None
    weights = overlapping_weights(probability, terms.top, config.label.horizon, terms.threshold, bottom=bottom)
    limits = Limits(
        gross=terms.gross, net=terms.net, name=terms.largest, sector=terms.sector, participation=terms.participation
    )
    if "sector" in panel.coords:
        weights = weights.assign_coords(sector=panel["sector"])
    elif terms.sector is not None:
        raise ValueError(f"portfolio.sector={terms.sector:g} is not allowed: the panel names no sectors; leave it out")
    worth = None
    if terms.participation is not None:
        worth = traded_value(panel).sel(date=weights["date"]).drop_vars("sector", errors="ignore")
    weights, cuts = apply_limits(weights, limits, traded_value=worth, capital=terms.capital)
    return weights.assign_attrs(universe=survivorship(panel, config)), cuts


def trade(config: "Config", panel: "xr.Dataset", probability: "xr.DataArray") -> Traded:
    """Trade the weights in both engines, from the first decision to the end of the panel.

    Parameters
    ----------
    config, panel, probability
        As `wanted_weights`.

    Returns
    -------
    Traded

    Raises
    ------
    ValueError
        As `wanted_weights`, `run_vectorized` and `run_events`.
    """
    from dlcore.backtest import Costs, reconcile, run_events, run_vectorized

    weights, cuts = wanted_weights(config, panel, probability)
    terms = config.portfolio
    costs = Costs(bps=terms.cost_bps, half_spread_bps=terms.half_spread_bps, impact=terms.impact)
    first = int(panel.indexes["date"].get_indexer(weights.indexes["date"][:1])[0])
    tested = panel.isel(date=slice(max(first - BEFORE, 0), None))
    said = {"entry": config.label.entry, "capital": terms.capital, "delisting_return": config.label.delisting_return}
    plain = weights.drop_vars("sector", errors="ignore")
    vectorized, events = (run(plain, tested, costs, **said) for run in (run_vectorized, run_events))
    return Traded(vectorized, events, reconcile(vectorized, events), cuts)


def write_backtest(traded: Traded, folder: Path, title: str) -> dict[str, Any]:
    """Write the page as PNG, HTML and JSON, net asset values, fills and cuts.

    Parameters
    ----------
    traded : Traded
        As `trade` gives it.
    folder : Path
        Where.
    title : str
        Headline of the page.

    Returns
    -------
    dict
        Numbers of the page, and how far the engines are apart; plain values. `backtest.json` holds the same.

    Raises
    ------
    ValueError
        As `tearsheet`: where nothing was traded, or for too short a time.
    """
    import json

    import pandas as pd

    from dlcore.backtest import tearsheet

    page, agreement = tearsheet(traded.vectorized, title=title), traded.agreement
    page.save(folder / "tearsheet.png")
    page.save(folder / "tearsheet.html")
    numbers = page.numbers | {
        "engines_agree": bool(agreement.agrees),
        "accounting_gap": agreement.accounting_gap,
        "result_gap": agreement.result_gap,
        "differing_fills": len(agreement.differing_fills),
        "cuts": len(traded.cuts),
    }
    text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "backtest.json").write_text(text, encoding="utf-8")
    navs = pd.DataFrame({"vectorized": traded.vectorized.nav, "events": traded.events.nav})
    navs.to_csv(folder / "nav.csv", index_label="date")
    traded.vectorized.fills.to_parquet(folder / "fills.parquet", index=False)
    traded.cuts.to_csv(folder / "cuts.csv", index=False)
    return numbers
