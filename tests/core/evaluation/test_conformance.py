"""Our numbers beside empyrical, quantstats and alphalens: equal where they mean the same, and the differences by name.

Every difference that `docs/metrics.md` tells is shown here; one that a new version removes fails here and goes there.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from dlcore.evaluation import (
    calmar,
    hit_rate,
    information_coefficient,
    max_drawdown,
    prediction_stability,
    probabilistic_sharpe,
    sharpe,
    sortino,
    summarize,
    turnover,
    underwater,
)

# alphalens's own calls, which pandas 3.1 deprecates
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword in:pandas.errors.Pandas4Warning")

DAYS = pd.bdate_range("2014-01-01", periods=1000)


@pytest.fixture(scope="module")
def peers() -> SimpleNamespace:
    import alphalens.performance
    import alphalens.plotting
    import alphalens.utils
    import empyrical.stats
    import quantstats.stats

    return SimpleNamespace(
        empyrical=empyrical.stats,
        quantstats=quantstats.stats,
        performance=alphalens.performance,
        utils=alphalens.utils,
        plotting=alphalens.plotting,
    )


@pytest.fixture(scope="module", params=range(3))
def returns(request) -> pd.Series:
    rng = np.random.default_rng(request.param)
    return pd.Series(rng.standard_t(4, 1000) * 0.01 + 0.0004, DAYS)


@pytest.fixture(scope="module")
def gaps(returns) -> pd.Series:
    return returns.where(np.arange(1000) // 100 != 1)


# --- returns --------------------------------------------------------------------------------------------------------


def test_all_three_agree_on_whole_returns(peers, returns):
    ep, qs = peers.empyrical, peers.quantstats
    for ours, *theirs in (
        (sharpe(returns), ep.sharpe_ratio(returns), qs.sharpe(returns)),
        (sortino(returns), ep.sortino_ratio(returns), qs.sortino(returns)),
        (calmar(returns), ep.calmar_ratio(returns), qs.calmar(returns)),
        (max_drawdown(returns).depth, ep.max_drawdown(returns), qs.max_drawdown(returns)),
        (hit_rate(returns), qs.win_rate(returns)),
    ):
        assert theirs == pytest.approx([ours] * len(theirs), rel=1e-9)
    np.testing.assert_allclose(underwater(returns), ep.drawdown_series(returns), atol=1e-12)
    np.testing.assert_allclose(underwater(returns), qs.to_drawdown_series(returns), atol=1e-12)


def test_the_risk_free_rate_is_a_days_here_and_in_empyrical_and_a_years_in_quantstats(peers, returns):
    daily = 1.02 ** (1 / 252) - 1
    assert peers.empyrical.sharpe_ratio(returns, risk_free=daily) == pytest.approx(sharpe(returns, risk_free=daily))
    assert peers.quantstats.sharpe(returns, rf=0.02) == pytest.approx(sharpe(returns, risk_free=daily))
    assert peers.empyrical.sortino_ratio(returns, daily) == pytest.approx(sortino(returns, target=daily))


def test_days_without_a_return_are_years_to_empyricals_calmar_only(peers, gaps):
    ep, qs = peers.empyrical, peers.quantstats
    assert [ep.sharpe_ratio(gaps), qs.sharpe(gaps)] == pytest.approx([sharpe(gaps)] * 2)
    assert qs.calmar(gaps) == pytest.approx(calmar(gaps))
    growth = float(np.prod(1 + gaps.dropna()))
    assert ep.calmar_ratio(gaps) == pytest.approx((growth ** (252 / 1000) - 1) / -max_drawdown(gaps).depth)
    assert calmar(gaps) == pytest.approx((growth ** (252 / 900) - 1) / -max_drawdown(gaps).depth)


def test_quantstats_guesses_whether_it_was_given_prices(peers):
    large = pd.Series([0.5, 1.2, 0.3, 0.1], DAYS[:4])
    assert peers.empyrical.sharpe_ratio(large) == pytest.approx(sharpe(large))
    assert peers.quantstats.sharpe(large) == pytest.approx(sharpe(large.pct_change()))
    assert sharpe(large) > 0 > peers.quantstats.sharpe(large)


def test_where_nothing_is_at_risk_we_refuse(peers):
    still, rising = pd.Series(0.01, DAYS), pd.Series(np.linspace(0.001, 0.002, 1000), DAYS)
    assert peers.empyrical.sharpe_ratio(still) == np.inf
    assert peers.quantstats.sharpe(still) > 1e12
    assert peers.empyrical.sortino_ratio(rising) == np.inf
    assert np.isnan(peers.quantstats.sortino(rising))
    assert np.isnan(peers.empyrical.calmar_ratio(rising))
    with pytest.raises(ZeroDivisionError):
        peers.quantstats.calmar(rising)
    for measure, series in ((sharpe, still), (sortino, rising), (calmar, rising)):
        with pytest.raises(ValueError, match="needs"):
            measure(series)


def test_an_infinite_return_is_dropped_by_quantstats_and_refused_here(peers, returns):
    broken = returns.copy()
    broken.iloc[5] = np.inf
    assert np.isfinite(peers.quantstats.sharpe(broken))
    assert np.isnan(peers.empyrical.sharpe_ratio(broken))
    with pytest.raises(ValueError, match="1 infinite"):
        sharpe(broken)


def test_drawdowns_last_calendar_days_in_quantstats_and_sessions_here(peers, returns):
    details = peers.quantstats.drawdown_details(peers.quantstats.to_drawdown_series(returns))
    worst = details.sort_values("max drawdown").iloc[0]
    ours = max_drawdown(returns)
    assert pd.Timestamp(worst["valley"]) == ours.trough
    first = DAYS[DAYS.get_loc(ours.peak) + 1] if ours.peak is not None else DAYS[0]
    assert pd.Timestamp(worst["start"]) == first
    assert worst["days"] > ours.fall + ours.climb


def test_quantstats_probabilistic_sharpe_takes_other_moments_and_counts_missing_days(peers, returns, gaps):
    def by_pandas(x: pd.Series, n: int) -> float:
        s = x.mean() / x.std()
        spread = 1 - x.skew() * s + (x.kurt() + 2) / 4 * s**2
        return float(stats.norm.cdf(s * np.sqrt((n - 1) / spread)))

    theirs = peers.quantstats.probabilistic_sharpe_ratio
    assert theirs(returns) == pytest.approx(by_pandas(returns, 1000))
    assert theirs(returns) == pytest.approx(probabilistic_sharpe(returns), abs=1e-3)
    assert theirs(gaps) == pytest.approx(by_pandas(gaps, 1000))
    assert probabilistic_sharpe(gaps) == pytest.approx(by_pandas(gaps.dropna(), 900), abs=1e-3)


# --- scores ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def market() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and closes, 120 days of 30 assets, with gaps in the scores."""
    rng = np.random.default_rng(0)
    names = [f"A{i:02d}" for i in range(30)]
    close = pd.DataFrame(100 * np.exp(0.01 * rng.standard_normal((130, 30)).cumsum(axis=0)), DAYS[:130], names)
    scores = pd.DataFrame(rng.standard_normal((130, 30)).cumsum(axis=0), DAYS[:130], names)
    return scores.where(rng.random(scores.shape) > 0.1).iloc[:120], close


def labelled(frame: pd.DataFrame) -> xr.DataArray:
    return xr.DataArray(frame.to_numpy(float), {"date": frame.index, "asset": frame.columns}, ("date", "asset"))


def factor_data(peers, scores: pd.DataFrame, close: pd.DataFrame, periods: tuple[int, ...]):
    factor = scores.stack().rename_axis(["date", "asset"])  # noqa: PD013 -- alphalens wants a MultiIndex
    return peers.utils.get_clean_factor_and_forward_returns(
        factor, close, periods=periods, quantiles=5, max_loss=0.5, filter_zscore=None
    )


def test_the_rank_ic_is_alphalenss_on_the_same_label(peers, market, capsys):
    scores, close = market
    label = labelled(close.shift(-5) / close - 1)  # alphalens enters at the close that made the signal
    ours = information_coefficient(labelled(scores), label, method="spearman")
    theirs = peers.performance.factor_information_coefficient(factor_data(peers, scores, close, (5,)))
    np.testing.assert_allclose(ours, theirs["5D"], atol=1e-12)
    table = peers.plotting.plot_information_table(theirs, return_df=True)
    found = summarize(ours, horizon=5)
    assert table.loc["5D", "IC Mean"] == pytest.approx(found.mean, abs=5e-4)
    assert table.loc["5D", "Risk-Adjusted IC"] == pytest.approx(found.ir, abs=5e-4)
    assert table.loc["5D", "t-stat(IC)"] == pytest.approx(found.t_naive, abs=5e-4)  # its only error bar
    assert abs(found.t_naive - found.t_hansen_hodrick) > 0.05
    capsys.readouterr()


def test_alphalens_drops_what_lacks_the_longest_label(peers, market, capsys):
    scores, close = market
    close = close.iloc[:122]
    short = peers.performance.factor_information_coefficient(factor_data(peers, scores, close, (1,)))
    both = peers.performance.factor_information_coefficient(factor_data(peers, scores, close, (1, 10)))
    ours = information_coefficient(labelled(scores), labelled((close.shift(-1) / close - 1).iloc[:120]))
    assert len(short) == int((~np.isnan(ours)).sum()) == 120
    assert len(both) == 112
    capsys.readouterr()


def test_alphalens_lets_the_dead_earn_zero(peers, market, capsys):
    scores, close = market
    delisted = close.copy()
    delisted.iloc[60:, 0] = np.nan
    data = factor_data(peers, scores, delisted, (5,))
    dead = data.xs("A00", level="asset")["5D"].iloc[-20:]
    assert (dead == 0).all()
    label = labelled(delisted.shift(-5) / delisted - 1)
    assert np.isnan(label.sel(asset="A00")[60:]).all()
    ours = information_coefficient(labelled(scores), label, method="spearman")
    assert int(ours["breadth"][100]) == int(scores.iloc[100, 1:].notna().sum())
    capsys.readouterr()


def test_alphalens_ranks_the_scores_before_it_looks_for_pairs(peers, market, capsys):
    scores, close = market
    whole = scores.ffill().bfill()
    theirs = peers.performance.factor_rank_autocorrelation(factor_data(peers, whole, close, (1,)))
    np.testing.assert_allclose(prediction_stability(labelled(whole))[1:], theirs[1:], atol=1e-12)
    theirs = peers.performance.factor_rank_autocorrelation(factor_data(peers, scores, close, (1,)))
    ranks = scores.rank(axis=1)
    np.testing.assert_allclose(theirs[1:], ranks.corrwith(ranks.shift(), axis=1)[1:], atol=1e-12)
    assert np.abs(prediction_stability(labelled(scores))[1:] - theirs.to_numpy()[1:]).max() > 1e-4
    capsys.readouterr()


def test_turnover_counts_names_in_alphalens_and_money_here(peers, market, capsys):
    scores, close = market
    data = factor_data(peers, scores.ffill().bfill(), close, (1,))
    names = peers.performance.quantile_turnover(data["factor_quantile"], 5, period=1)
    top = (data["factor_quantile"] == 5).astype(float).unstack()  # noqa: PD010 -- a duplicate must raise
    weights = top.div(top.sum(axis=1), axis=0)
    still = labelled(weights * 0)
    ours = turnover(labelled(weights), still)
    np.testing.assert_allclose(ours[1:], 2 * names.to_numpy(float)[1:], atol=1e-12)  # two-way is twice the new names
    moved = turnover(labelled(weights), labelled((close / close.shift() - 1).loc[weights.index]))
    assert (moved[1:] > ours[1:] - 1e-12).all()
    assert float((moved - ours)[1:].mean()) > 0.005  # drift has to be traded back even where no name changes
    capsys.readouterr()
