"""One rule of conversion for all: what the measurements accept, and what they refuse in one line."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import dlcore.evaluation as evaluation
from dlcore.evaluation import mae, mse, r_squared, sharpe
from dlcore.evaluation.series import known, moving, side_by_side, values_of

DATES = pd.bdate_range("2020-01-01", periods=6)
VALUES = np.array([0.01, -0.02, np.nan, 0.03, 0.0, -0.01])
ALIKE = [VALUES, list(VALUES), pd.Series(VALUES, DATES), xr.DataArray(VALUES, {"date": DATES}, ("date",))]


@pytest.mark.parametrize("x", ALIKE, ids=["array", "list", "Series", "DataArray"])
def test_all_kinds_are_one(x):
    np.testing.assert_array_equal(values_of(x, "x"), VALUES)
    np.testing.assert_array_equal(known(x, "x"), VALUES[~np.isnan(VALUES)])
    assert values_of(x, "x") is not x
    assert sharpe(x) == sharpe(VALUES)
    assert mse(x, ALIKE[0]) == 0


def test_panels_of_two_dimensions_are_pairs_too():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 6, 3))
    frame = pd.DataFrame(x, DATES, list("abc"))
    array = xr.DataArray(y, {"date": DATES, "asset": list("abc")}, ("date", "asset"))
    assert mse(frame, array) == pytest.approx(np.mean((x - y) ** 2))
    assert r_squared(frame, array, naive=0) == pytest.approx(1 - np.sum((x - y) ** 2) / np.sum(y**2))


@pytest.mark.parametrize(
    ("x", "says"),
    [
        ([], "x holds no value"),
        ([np.nan] * 3, "x holds no value .3 are NaN."),
        ([1.0, -np.inf], "x holds 1 infinite values"),
        (np.ones((2, 2)), r"x of shape \(2, 2\) is not allowed: give \(n,\)"),
        (1.0, r"x of shape \(\) is not allowed"),
        (["a"], "x of dtype"),
        ([1.0], "x holds 1 values: give at least 2"),
        (pd.Series(VALUES, DATES[::-1]), "the dates of x are not in order"),
        ([2.0, 2.0], "x is constant at 2: give a series that moves"),
    ],
)
def test_bad_series_are_refused_in_one_line(x, says):
    with pytest.raises(ValueError, match=says) as caught:
        moving(x, "x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (VALUES[:5], r"b has shape \(5,\) and a \(6,\)"),
        (pd.Series(VALUES, DATES + pd.Timedelta("1D")), "b has 2020-01-02 00:00:00 where a has 2020-01-01 00:00:00"),
        (np.inf, "b=inf is not allowed"),
        ("x", "b=x is not allowed"),
    ],
)
def test_nothing_is_joined_silently(other, says):
    with pytest.raises(ValueError, match=says):
        side_by_side(("a", "b"), pd.Series(VALUES, DATES), other)


def test_dates_of_another_resolution_are_the_same_dates():
    a = pd.Series(VALUES, DATES.as_unit("s"))
    assert mae(a, xr.DataArray(VALUES, {"date": DATES.as_unit("ns")}, ("date",))) == 0


def test_the_room_opens_without_anything_heavy():
    heavy = {"numpy", "pandas", "xarray", "numba", "scipy", "arch", "statsmodels"}
    code = f"import sys, dlcore.evaluation; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_public_name_is_where_it_says():
    for name in evaluation.__all__:
        assert getattr(evaluation, name).__name__ == name
        assert getattr(evaluation, name).__doc__
    assert evaluation.correlation.correlate_rows
    with pytest.raises(AttributeError, match="no attribute 'kitchen'"):
        _ = evaluation.kitchen
