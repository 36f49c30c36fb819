"""The two markets of every study, two hundred times each: nothing is found where nothing is, and what is planted is.

Cheap strategies, small markets, the whole chain: features, labels, folds, evaluation, costs. Counts of rejections are
held to the binomial band that a correct test leaves in one case of a thousand.
"""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from dlcore.backtest import overlapping_weights, run_vectorized
from dlcore.evaluation import information_coefficient, sharpe, summarize
from dlcore.markets import load_panel
from dlcore.models import Ridge
from dlcore.targets import WalkForward, forward_return
from dlcore.windows import make_windows

SEEDS = 200
PLANTED = 0.05


def strategies(panel):
    """Scores that need no fitting; the last is the planted signal itself, which this market does not obey."""
    close = np.log(panel["close"])
    return {
        "momentum": close.shift(date=5) - close.shift(date=60),
        "reversal": close.shift(date=5) - close,
        "volatility": -close.diff("date").rolling(date=20).std(),
        "true signal": panel["true_signal"],
    }


@pytest.fixture(scope="module")
def empty():
    """For each strategy, seed by seed: Hansen–Hodrick and naive t of its rank IC; and the net Sharpe of one traded."""
    found = {}
    for seed in range(SEEDS):
        panel = load_panel(f"simulated-sp500?ic=0&assets=50&sessions=400&seed={seed}")
        label = forward_return(panel, horizon=5)["value"]
        for name, scores in strategies(panel).items():
            test = summarize(information_coefficient(scores, label, method="spearman"), horizon=5)
            found.setdefault(name, []).append((test.t_hansen_hodrick, test.t_naive))
        found.setdefault("threshold", []).append(net_sharpe(strategies(panel)["reversal"], panel))
    return {name: np.array(rows) for name, rows in found.items()}


def net_sharpe(scores, panel):
    """Long above, short below a probability: the share of the day's stocks that a stock's score exceeds."""
    below = scores.rank("asset") / (scores.count("asset") + 1)
    weights = overlapping_weights(below, top=10, bottom=10, horizon=5, threshold=0.8)
    return sharpe(run_vectorized(weights, panel).returns)


@pytest.mark.parametrize("name", ["momentum", "reversal", "volatility", "true signal"])
def test_an_empty_market_rejects_as_often_as_the_level_says(empty, name):
    low, high = stats.binom.ppf([0.0005, 0.9995], SEEDS, 0.05)
    honest, naive = (np.abs(empty[name]) > 1.96).sum(axis=0)
    assert low <= honest <= high
    if name != "true signal":  # which is fresh each week; the others overlap, and the naive t does not see it
        assert naive > high


def test_a_threshold_strategy_earns_nothing_after_costs_where_nothing_is(empty):
    sharpes = empty["threshold"]
    assert np.isfinite(sharpes).all()
    assert sharpes.mean() < 2 * sharpes.std(ddof=1) / np.sqrt(SEEDS)


def test_ridge_on_the_true_feature_has_the_planted_ic():
    """Out of sample, with the slope learned before; three standard errors over the markets."""
    found = []
    for seed in range(60):
        panel = load_panel(f"simulated-sp500?ic={PLANTED}&assets=60&sessions=500&seed={seed}")
        labels = forward_return(panel, horizon=5)
        windows = make_windows(xr.Dataset({"signal": panel["true_signal"]}), labels, length=1)
        fold = WalkForward(train=250, test=230).folds(labels)[0]
        scores = Ridge(penalties=(0.0,)).fit(windows.select(fold.train)).predict(windows.select(fold.test))
        found.append(float(information_coefficient(scores, labels["value"], method="spearman").mean()))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert error < 0.004
    assert abs(np.mean(found) - PLANTED) < 3 * error
