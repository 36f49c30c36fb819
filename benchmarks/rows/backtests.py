"""Backtests: tranches with drift and costs, many variants of them, and the event-driven engine."""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.race import Peer, Row

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.backtest import Result, View

WEEK = 5


def tranches(panel: "xr.Dataset") -> Row:
    """From scores to a Result: the tenth on either side, five tranches that overlap, drift, 5 bp."""
    from dlcore.backtest import overlapping_weights, run_vectorized

    scores, side = panel["true_signal"], max(panel.sizes["asset"] // 10, 1)

    def ours() -> "Result":
        return run_vectorized(overlapping_weights(scores, side, 5, bottom=side), panel)

    result = ours()
    size, price = np.zeros(result.positions.shape), result.marks.bfill("date").to_numpy().copy()
    fees, ledger = np.zeros(result.positions.shape), result.ledger
    at = ledger["row"], ledger["column"]
    size[at], price[at] = ledger["quantity"], ledger["price"]
    fees[at] = ledger["cost"] / np.abs(ledger["quantity"] * ledger["price"])
    given = {"close": result.marks.bfill("date").to_numpy(), "size": size, "price": price, "fees": fees}

    def check(answer: "Result", theirs: dict) -> str:
        np.testing.assert_allclose(answer.nav.to_numpy() - answer.capital, theirs["profit"], atol=1e-9 * answer.capital)
        return "net asset value of every date, to 1e-9"

    return Row(
        f"top {side} / bottom {side}, five tranches, drift, costs",
        ours,
        (Peer("vectorbt, warm, given the orders", "vectorbt_orders", check),),
        given,
        seconds=0.010,
    )


def variants(panel: "xr.Dataset") -> Row:
    """Ten widths under ten cost models, from scores to net asset values."""
    from dlcore.backtest import Costs, overlapping_weights, run_variants

    scores, assets = panel["true_signal"], panel.sizes["asset"]
    sides = {str(k): k for k in np.linspace(1, max(assets // 8, 2), 10).astype(int)}
    costs = {f"{bps} bp": Costs(bps=bps) for bps in range(0, 30, 3)}

    def ours() -> "xr.Dataset":
        books = {name: overlapping_weights(scores, k, 5, bottom=k) for name, k in sides.items()}
        return run_variants(books, panel, costs)

    return Row(f"{len(sides) * len(costs)} variants of that, k and costs", ours, seconds=0.3)


def compiled_events(panel: "xr.Dataset") -> Row:
    """Weekly, sized by score, with a stop, a target and a trailing stop within the bar."""
    from dlcore.backtest import Costs, Stops, run_events, score_weights

    weights = score_weights(panel["true_signal"])[::WEEK]
    stops = Stops(loss=0.08, profit=0.2, trailing=0.1)
    return Row(
        "events: weekly, stops, sizing",
        lambda: run_events(weights, panel, Costs(), stops=stops),
        (_bt(panel),),
        _weekly(panel),
        bars=panel["close"].size,
        rate=2e7,
    )


def called_events(panel: "xr.Dataset") -> Row:
    """The same rules, decided by a Python function that is called on every date."""
    from dlcore.backtest import Costs, Stops, run_events

    side = max(panel.sizes["asset"] // 10, 1)

    def weekly(view: "View") -> np.ndarray | None:
        if (len(view.dates) - 1) % WEEK:
            return None
        scores = np.nan_to_num(view["true_signal"][-1], nan=-np.inf)
        weights = np.zeros(len(scores))
        weights[np.argpartition(scores, -side)[-side:]] = 1 / side
        return weights

    stops = Stops(loss=0.08, profit=0.2, trailing=0.1)
    return Row(
        "events: a Python callback a date",
        lambda: run_events(weekly, panel, Costs(), stops=stops),
        bars=panel["close"].size,
        rate=2e6,
    )


def _weekly(panel: "xr.Dataset") -> dict[str, np.ndarray]:
    """Closes without a gap and weekly weights, for a peer that knows neither stops nor delistings."""
    close = panel["close"].ffill("date").bfill("date").to_numpy()
    days = panel["date"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    rows = np.arange(WEEK, len(close), WEEK)
    return {
        "close": close,
        "dates": days,
        "rows": rows,
        "weights": np.full((len(rows), close.shape[1]), 1 / close.shape[1]),
    }


def _bt(panel: "xr.Dataset") -> Peer:
    from dlcore.backtest import run_events

    given = _weekly(panel)
    plain = panel[["close"]].copy(data={"close": given["close"]})
    weights = plain["close"].copy(data=np.full(given["close"].shape, np.nan)).rename("weight")
    weights[given["rows"] - 1] = given["weights"]  # filled on the next close, which is where bt trades

    def check(_: "Result", theirs: dict) -> str:
        """bt trades at the price it decides at; ours fixes the shares a session before: alike, and no more."""
        ours = run_events(weights, plain, entry="next_close").nav.to_numpy()
        moves = np.diff(np.log([ours, theirs["nav"]]))
        alike = np.corrcoef(moves)[0, 1]
        assert alike > 0.999, f"daily returns correlate by {alike:.5f}: give both the same market"
        return f"alike only, for bt trades at the price it decides at: daily returns correlate by {alike:.5f}"

    return Peer("bt, weekly, without stops", "bt_weekly", check)
