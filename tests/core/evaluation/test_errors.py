"""Squared and absolute errors, and R² beside a naive forecast, against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from dlcore.evaluation import mae, mse, r_squared

RNG = np.random.default_rng(0)
OUTCOME = RNG.standard_normal(200) + 3
FORECAST = OUTCOME + RNG.standard_normal(200)


def test_they_are_those_of_scikit_learn():
    assert mse(FORECAST, OUTCOME) == pytest.approx(metrics.mean_squared_error(OUTCOME, FORECAST))
    assert mae(FORECAST, OUTCOME) == pytest.approx(metrics.mean_absolute_error(OUTCOME, FORECAST))
    in_sample = r_squared(FORECAST, OUTCOME, naive=float(OUTCOME.mean()))
    assert in_sample == pytest.approx(metrics.r2_score(OUTCOME, FORECAST))
    assert r_squared(FORECAST, OUTCOME, naive=0.0) > in_sample  # zero is far off here, so it is easily beaten


def test_only_whole_pairs_count():
    gaps = np.where(np.arange(200) % 7 == 0, np.nan, FORECAST)
    kept = ~np.isnan(gaps)
    assert mse(gaps, OUTCOME) == pytest.approx(mse(FORECAST[kept], OUTCOME[kept]))
    last = np.roll(OUTCOME, 1)
    last[0] = np.nan
    assert r_squared(FORECAST, OUTCOME, naive=last) == pytest.approx(
        r_squared(FORECAST[1:], OUTCOME[1:], naive=OUTCOME[:-1])
    )


def test_the_naive_forecast_explains_nothing_of_itself():
    assert r_squared(np.zeros(200), OUTCOME, naive=0.0) == 0
    assert r_squared(OUTCOME, OUTCOME, naive=0.0) == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mse([1.0, np.nan], [np.nan, 1.0]), "forecast and outcome have no place where none is NaN"),
        (lambda: r_squared([1.0, 2.0], [0.0, 0.0], naive=0), "naive forecast is right in all 2 pairs"),
        (lambda: mae([1.0], [1.0, 2.0]), "shape"),
        (lambda: r_squared([1.0], [1.0], naive=np.nan), "naive=nan"),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
