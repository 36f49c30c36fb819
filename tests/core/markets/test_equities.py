"""The simulated stock market: the planted IC is there, the one that was not planted is not, and nothing leaks."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

from dlcore.markets import check_panel, load_panel
from dlcore.markets.simulate import EquitySettings, oracle_signal, simulate_equities
from dlcore.markets.simulate.equities import price_bars
from dlcore.markets.simulate.equity_shocks import draw_shocks
from dlcore.markets.simulate.planting import CLOCKS, RankIC, forward_log_return
from dlcore.markets.stylized import autocorrelation, kurtosis, volatility_clustering

SMALL = EquitySettings(assets=60, sessions=150)


@pytest.fixture(scope="module")
def market():
    return load_panel("simulated-sp500")


def mean_rank_ic(scores: np.ndarray, panel: xr.Dataset) -> float:
    label = forward_log_return(np.log(panel[CLOCKS[panel.attrs["entry"]]].to_numpy()), panel.attrs["horizon"])
    return RankIC(scores, np.isfinite(label))(label)


def trailing(panel: xr.Dataset, sessions: int) -> np.ndarray:
    """What a model can compute at the close: the last move."""
    close = np.log(panel["close"].to_numpy())
    move = np.full_like(close, np.nan)
    move[sessions:] = close[sessions:] - close[:-sessions]
    return move


def test_rank_ic_is_the_mean_of_scipys():
    rng = np.random.default_rng(0)
    signal, label = rng.standard_normal((2, 30, 12))
    signal[rng.random((30, 12)) < 0.2] = np.nan
    label[rng.random((30, 12)) < 0.2] = np.nan
    label[3] = np.nan
    by_date = [
        spearmanr(s, r, nan_policy="omit").statistic
        for s, r in zip(signal, label, strict=True)
        if not np.isnan(r).all()
    ]
    assert RankIC(signal, np.isfinite(label))(label) == pytest.approx(np.mean(by_date), rel=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"ic": 0.05},
        {"ic": 0.0},
        {"ic": -0.05, "entry": "next_close"},
        {"ic": 0.1, "entry": "next_close", "horizon": 1},
    ],
    ids=str,
)
def test_the_mean_over_seeds_is_the_chosen_ic(change):
    """200 markets each; 3.3 standard errors hold 99.9 %."""
    settings = replace(SMALL, **change)
    found, seen = [], []
    for seed in range(200):
        panel = simulate_equities(replace(settings, seed=seed))
        found.append(mean_rank_ic(panel["true_signal"].to_numpy(), panel))
        assert found[-1] == pytest.approx(panel.attrs["chance_ic"] + settings.ic, abs=1e-3)
        seen.append(mean_rank_ic(trailing(panel, 5), panel))  # from prices alone
    assert abs(np.mean(found) - settings.ic) < 3.3 * np.std(found, ddof=1) / np.sqrt(200)
    z = np.mean(seen) / (np.std(seen, ddof=1) / np.sqrt(200))
    assert abs(z) < 3.3 if settings.ic == 0 else z * np.sign(settings.ic) > 3.3


def test_the_default_market_has_its_ic(market):
    assert mean_rank_ic(market["true_signal"].to_numpy(), market) == pytest.approx(
        0.05 + market.attrs["chance_ic"], abs=1e-5
    )


def test_prices_alone_find_what_is_there_and_nothing_where_nothing_is(market):
    none = load_panel("simulated-sp500?ic=0")
    noise = 3.3 * 2.5 / np.sqrt(503 * 1001)  # overlap of five days and common moves widen the band of 1/√n
    for sessions in (1, 5):
        assert mean_rank_ic(trailing(market, sessions), market) > 0.03
        assert abs(mean_rank_ic(trailing(none, sessions), none)) < noise


def test_only_the_planted_term_differs(market):
    none = load_panel("simulated-sp500?ic=0")
    xr.testing.assert_equal(none["true_signal"], market["true_signal"])
    xr.testing.assert_equal(none["regime"], market["regime"])
    np.testing.assert_array_equal(none["close"].isnull(), market["close"].isnull())
    double = load_panel("simulated-sp500?ic=0.1")
    lifts = [np.log(panel["open"].to_numpy() / none["open"].to_numpy()) for panel in (market, double)]
    scale = double.attrs["planted_strength"] / market.attrs["planted_strength"]
    np.testing.assert_allclose(lifts[1], scale * lifts[0], atol=1e-10)  # linear in the strength


@pytest.mark.parametrize("entry", CLOCKS)
def test_later_shocks_do_not_reach_back(entry):
    settings = replace(SMALL, entry=entry)
    shocks = draw_shocks(150, 60, np.random.default_rng(4))
    changed = np.random.default_rng(5)
    z, bridge = shocks.z.copy(), shocks.bridge.copy()
    z[100:], bridge[100:] = changed.standard_normal(z[100:].shape), changed.standard_normal(z[100:].shape)
    before, after = (
        price_bars(s, settings, strength=0.05, rng=np.random.default_rng(6))
        for s in (shocks, replace(shocks, z=z, bridge=bridge))
    )
    for name in before:
        np.testing.assert_array_equal(before[name][:100], after[name][:100])
    assert (before["close"][100:] != after["close"][100:]).any()


@pytest.mark.parametrize("entry", CLOCKS)
def test_the_signal_enters_each_day_of_its_label_and_none_before(entry):
    """Move one shock by one standard deviation and look where the planted term answers."""
    settings = replace(SMALL, entry=entry, horizon=3)
    shocks = draw_shocks(150, 60, np.random.default_rng(7))
    shocks = replace(shocks, first=np.zeros(60, dtype=int), last=np.full(60, 149))
    z = shocks.z.copy()
    z[80, 5] += 1.0
    price = CLOCKS[entry]

    def response(strength: float) -> np.ndarray:
        paths = [
            price_bars(s, settings, strength=strength, rng=np.random.default_rng(0))
            for s in (shocks, replace(shocks, z=z))
        ]
        decided = int(np.nanargmax(np.abs(paths[1]["true_signal"][:, 5] - paths[0]["true_signal"][:, 5])))
        moved = np.log(paths[1][price][:, 5]) - np.log(paths[0][price][:, 5])
        return np.diff(moved)[decided : decided + 6]  # from price(t) → price(t+1) on

    planted = (response(0.1) - response(0.0)) / (0.1 * shocks.scale[81:87, 5])
    np.testing.assert_allclose(planted[1:4], 1.0, atol=1e-9)  # t+1 → t+2 … t+3 → t+4
    np.testing.assert_allclose(planted[[0, 4, 5]], 0.0, atol=1e-9)


def test_bars_are_in_order(market):
    high, low = market["high"].to_numpy(), market["low"].to_numpy()
    for name in ("open", "close"):
        price = market[name].to_numpy()
        known = np.isfinite(price)
        assert (high[known] >= price[known]).all()
        assert (low[known] <= price[known]).all()


def test_listings_are_gaps_and_nothing_is_filled(market):
    traded = market["close"].notnull().to_numpy()
    dates = market["date"].to_numpy()
    assert 0.02 < (~traded).any(axis=0).mean() < 0.1
    for i in np.flatnonzero((~traded).any(axis=0)):
        days = np.flatnonzero(traded[:, i])
        assert (np.diff(days) == 1).all()
        assert market["first_session"].to_numpy()[i] == dates[days[0]]
        assert market["last_session"].to_numpy()[i] == dates[days[-1]]
        assert np.isnan(market["volume"].to_numpy()[~traded[:, i], i]).all()


def test_the_benchmark_is_the_mean_return(market):
    simple = market["close"].to_numpy()[1:] / market["close"].to_numpy()[:-1] - 1
    np.testing.assert_allclose(
        market["benchmark"].to_numpy()[1:] / market["benchmark"].to_numpy()[:-1] - 1,
        np.nanmean(simple, axis=1),
        atol=1e-12,
    )


def test_it_looks_like_a_market(market):
    whole = market.isel(asset=market["close"].notnull().all("date").to_numpy())
    returns = np.diff(np.log(whole["close"].to_numpy()), axis=0).T  # (N, T)
    yearly = returns.std(axis=1) * np.sqrt(252)
    assert 0.25 < np.median(yearly) < 0.35
    assert np.quantile(yearly, 0.95) > 1.6 * np.quantile(yearly, 0.05)
    assert np.median(kurtosis(returns)) > 4.5
    assert np.median(volatility_clustering(returns, 1).rho) > 0.1
    assert abs(np.median(autocorrelation(returns, 1).rho)) < 0.03
    log_volume = np.log(whole["volume"].to_numpy()[1:].T)
    moves = np.abs(np.log(whole["close"].to_numpy() / whole["open"].to_numpy()))[1:].T
    assert np.median([np.corrcoef(v, m)[0, 1] for v, m in zip(log_volume, moves, strict=True)]) > 0.15


def test_turbulence_is_louder(market):
    returns = np.diff(np.log(market["benchmark"].to_numpy()))
    regime = market["regime"].to_numpy()[1:]
    calm, normal, turbulent = (returns[regime == state].std() for state in range(3))
    assert calm < normal < turbulent


def test_seeds_repeat_and_differ():
    first, again, other = (simulate_equities(replace(SMALL, seed=seed)) for seed in (3, 3, 4))
    xr.testing.assert_identical(first, again)
    assert not first["close"].equals(other["close"])
    passed = simulate_equities(SMALL, np.random.default_rng(3))
    xr.testing.assert_equal(passed, first)
    assert passed.attrs["seed"] == "a generator was passed"


def test_sizes_and_start_are_options():
    panel = load_panel("simulated-sp500?assets=20&sessions=60&start=2010-07-04&seed=9")
    assert dict(panel.sizes) == {"date": 60, "asset": 20}
    assert str(panel["date"].to_numpy()[0])[:10] == "2010-07-06"
    check_panel(panel)


@pytest.mark.parametrize("entry", CLOCKS)
def test_the_oracle_has_its_ic(entry):
    """On 200 draws over one market; the same signal is nothing that yesterday's prices know."""
    panel = simulate_equities(replace(SMALL, ic=0.0, entry=entry))
    rng = np.random.default_rng(8)
    found = [mean_rank_ic(oracle_signal(panel, 0.08, entry=entry, rng=rng).to_numpy(), panel) for _ in range(200)]
    assert (
        abs(np.mean(found) - 0.08) < 3.3 * np.std(found, ddof=1) / np.sqrt(200) + 0.002
    )  # scores of 60 are not normal


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ic": 0.5}, r"ic=0\.5 is not allowed"),
        ({"ic": float("nan")}, "ic=nan is not allowed"),
        ({"horizon": 0}, "horizon=0 is not allowed"),
        ({"entry": "today"}, "entry='today' is not allowed"),
        ({"assets": 2}, "assets=2 is not allowed"),
        ({"sessions": 29}, "sessions=29 is not allowed"),
        ({"seed": -1}, "seed=-1 is not allowed"),
    ],
)
def test_a_wrong_setting_is_named(change, says):
    with pytest.raises(ValueError, match=says):
        replace(SMALL, **change)


def test_an_ic_out_of_reach_is_refused_in_one_line():
    with pytest.raises(ValueError, match=r"ic=0\.3 cannot be planted in this market: give a smaller ic") as error:
        simulate_equities(replace(SMALL, ic=0.3, horizon=21))
    assert "\n" not in str(error.value)


def test_a_wrong_oracle_is_named():
    panel = simulate_equities(SMALL)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="ic=2 is not allowed"):
        oracle_signal(panel, 2, rng=rng)
    with pytest.raises(ValueError, match="horizon=149 is not allowed"):
        oracle_signal(panel, 0.1, horizon=149, rng=rng)
    with pytest.raises(ValueError, match="needs open"):
        oracle_signal(panel[["close"]], 0.1, rng=rng)
    with pytest.raises(ValueError, match="start=soon is not allowed"):
        simulate_equities(replace(SMALL, start="soon"))
