"""Windows against a loop that cuts them one by one, in numpy and in torch."""

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.markets.calendar import sessions
from dlcore.windows import Windows, make_windows
from dlcore.windows.gather import gather, gather_in_torch

DEVICES = (None, "cpu")


def panel_like(seed: int, *, dates: int = 30, assets: int = 4, features: int = 3, holes: float = 0.03):
    """Features, labels and a universe with holes."""
    rng = np.random.default_rng(seed)
    coordinates = {"date": sessions("2019-01-02", "2019-12-31")[:dates], "asset": [f"A{i}" for i in range(assets)]}

    def field(values: np.ndarray) -> xr.DataArray:
        return xr.DataArray(values, coordinates, ("date", "asset"))

    names = [f"f{i}" for i in range(features)]
    values = rng.standard_normal((features, dates, assets))
    values[:, rng.random((dates, assets)) < holes] = np.nan
    values[0, : rng.integers(0, 6)] = np.nan  # warm-up
    label = rng.standard_normal((dates, assets))
    label[-5:] = label[rng.random(label.shape) < 0.1] = np.nan
    dataset = xr.Dataset({name: field(value) for name, value in zip(names, values, strict=True)})
    return dataset, xr.Dataset({"value": field(label)}), field(rng.random((dates, assets)) < 0.8)


def cut_one_by_one(
    features: xr.Dataset, length: int, universe: xr.DataArray | None
) -> dict[tuple[int, int], np.ndarray]:
    """Sample (date, asset) to its window, by the definition."""
    stacked = np.stack([features[name].to_numpy() for name in features], axis=-1)
    windows = {}
    for t in range(length - 1, stacked.shape[0]):
        for j in range(stacked.shape[1]):
            window = stacked[t - length + 1 : t + 1, j]
            if np.isfinite(window).all() and (universe is None or universe.to_numpy()[t, j]):
                windows[(t, j)] = window.astype(np.float32)
    return windows


def plain(values) -> np.ndarray:
    return values.numpy() if isinstance(values, torch.Tensor) else values


@pytest.mark.parametrize("device", DEVICES)
@given(seed=st.integers(0, 10**6), length=st.integers(1, 12), masked=st.booleans())
@settings(max_examples=30)
def test_windows_equal_those_cut_one_by_one(device, seed, length, masked):
    features, labels, universe = panel_like(seed)
    universe = universe if masked else None
    windows = make_windows(features, labels, length=length, universe=universe, device=device)
    expected = cut_one_by_one(features, length, universe)
    assert len(windows) == len(expected)
    if not expected:
        return
    stacked = np.stack(list(expected.values()))
    np.testing.assert_array_equal(plain(windows.batch(slice(None))), stacked)
    np.testing.assert_array_equal(plain(windows.last_rows()), stacked[:, -1])
    targets = [labels["value"].to_numpy()[place] for place in expected]
    np.testing.assert_array_equal(plain(windows.targets), np.array(targets, np.float32))
    index = np.random.default_rng(seed).integers(-len(windows), len(windows), 7)
    np.testing.assert_array_equal(plain(windows.batch(index)), stacked[index])
    np.testing.assert_array_equal(plain(windows.last(index)), stacked[index, -1])
    assert windows.batch(index).shape == (7, length, 3)


@pytest.mark.parametrize("device", DEVICES)
def test_select_and_labelled_keep_the_cube(device):
    features, labels, universe = panel_like(1)
    windows = make_windows(features, labels, length=5, device=device)
    chosen = windows.select(universe)
    np.testing.assert_array_equal(
        plain(chosen.batch(slice(None))), plain(make_windows(features, length=5, universe=universe).batch(slice(None)))
    )
    known = chosen.labelled()
    assert 0 < len(known) < len(chosen) < len(windows)
    assert np.isfinite(plain(known.targets)).all()
    assert known.cube is windows.cube
    assert len(windows.select(xr.zeros_like(universe))) == 0
    assert windows.select(xr.zeros_like(universe)).batch(slice(None)).shape == (0, 5, 3)


@pytest.mark.parametrize("device", DEVICES)
def test_scores_return_to_their_dates_and_assets(device):
    features, _, _ = panel_like(2)
    windows = make_windows(features, length=5, device=device)
    scores = windows.to_scores(windows.last_rows()[:, 1])
    assert scores.name == "score"
    assert scores.dims == ("date", "asset")
    expected = np.full(scores.shape, np.nan)
    for (t, j), window in cut_one_by_one(features, 5, None).items():
        expected[t, j] = window[-1, 1]
    np.testing.assert_array_equal(scores.to_numpy(), expected)
    column = torch.ones(len(windows), 1, requires_grad=True)
    assert int((windows.to_scores(column) == 1).sum()) == len(windows)


@pytest.mark.parametrize("device", DEVICES)
def test_batches_are_all_samples_once_and_shuffled_by_the_generator(device):
    windows = make_windows(panel_like(3)[0], length=5, device=device)
    ordered = list(windows.batches(16))
    np.testing.assert_array_equal(np.concatenate(ordered), np.arange(len(windows)))
    assert {len(index) for index in ordered[:-1]} == {16}
    first, again, other = (
        np.concatenate(list(windows.batches(16, rng=np.random.default_rng(seed)))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(np.sort(first), np.arange(len(windows)))
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(np.concatenate(list(windows.batches(16, rng=rng))), first)
    assert (np.concatenate(list(windows.batches(16, rng=rng))) != first).any()
    np.testing.assert_array_equal(plain(windows.batch(ordered[1])), plain(windows.batch(slice(16, 32))))


def test_cross_sections_have_one_date_each():
    features, _, _ = panel_like(4, holes=0.15)
    windows = make_windows(features, length=4)
    places = list(cut_one_by_one(features, 4, None))
    sections = [[places[i] for i in index] for index in windows.by_date()]
    assert sum(sections, []) == places  # noqa: RUF017 -- a few dozen
    assert [len({t for t, _ in section}) for section in sections] == [1] * len(sections)
    dates = [section[0][0] for section in sections]
    assert dates == sorted(set(dates))
    assert list(windows.select(xr.zeros_like(features["f0"], dtype=bool)).by_date()) == []


def test_no_window_sees_a_later_session():
    features, _, _ = panel_like(5)
    shaken = features.copy(deep=True)
    for name in shaken:
        shaken[name].to_numpy()[20:] += np.random.default_rng(0).standard_normal((10, 4))
    before, after = (make_windows(f, length=6) for f in (features, shaken))
    early = xr.zeros_like(features["f0"], dtype=bool)
    early[:20] = True
    np.testing.assert_array_equal(before.select(early).batch(slice(None)), after.select(early).batch(slice(None)))


def test_the_names_and_the_size_of_what_was_made():
    features, _, _ = panel_like(6)
    windows = make_windows(features.transpose("asset", "date"), length=5)
    assert isinstance(windows, Windows)
    assert windows.asset_names == ("A0", "A1", "A2", "A3")
    assert windows.feature_names == ("f0", "f1", "f2")
    assert windows.dates.equals(features.indexes["date"])
    assert windows.cube.shape == (4, 30, 3)
    assert windows.cube.dtype == windows.targets.dtype == np.float32
    assert np.isnan(windows.targets).all()
    assert len(windows.labelled()) == 0
    np.testing.assert_array_equal(windows.batch(slice(None)), make_windows(features, length=5).batch(slice(None)))


def test_a_batch_is_a_copy_and_the_device_path_the_same():
    windows = make_windows(panel_like(7)[0], length=5)
    batch = windows.batch(np.array([0]))
    batch[:] = 0
    assert (windows.batch(np.array([0])) != 0).all()
    first = windows.samples - 4
    cube = torch.from_numpy(windows.cube)
    np.testing.assert_array_equal(gather_in_torch(cube, torch.from_numpy(first), 5), gather(windows.cube, first, 5))
    assert gather_in_torch(cube.to("meta"), torch.from_numpy(first).to("meta"), 5).shape == (len(first), 15)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_what_is_no_set_of_features_is_refused():
    features, labels, universe = panel_like(8)
    for wrong, terms, says in (
        (features[[]], {}, "no features"),
        (features.isel(asset=0), {}, "feature f0 has dims"),
        (features.assign(f1=features["f1"].astype(str)), {}, "feature f1 has dims .*, dtype"),
        (features.assign(f1=features["f1"] * 1e300), {}, "feature f1 is infinite in float32"),
        (features, {"length": 0}, "length=0 is not allowed: give sessions from 1 to the 30"),
        (features, {"length": 31}, "length=31 is not allowed"),
        (features, {"length": 5.0}, "length=5.0 is not allowed"),
        (features, {"length": 5, "universe": universe[1:]}, "universe: other labels on axis 'date'"),
        (features, {"labels": labels.rename(value="y")}, r"labels with \['y'\] lack 'value'"),
        (features, {"length": 5, "labels": labels.isel(asset=slice(3))}, "labels: other labels on axis 'asset'"),
    ):
        with pytest.raises(ValueError, match=says):
            make_windows(wrong, **({"length": 5} | terms))


def test_wrong_masks_values_sizes_and_positions_are_refused():
    features, _, universe = panel_like(9)
    windows = make_windows(features, length=5)
    with pytest.raises(ValueError, match="mask: other labels on axis 'date'"):
        windows.select(universe[:-1])
    with pytest.raises(ValueError, match=r"values of shape \(3,\) are not allowed"):
        windows.to_scores(np.zeros(3))
    with pytest.raises(ValueError, match="size=0 is not allowed"):
        windows.batches(0)
    with pytest.raises(IndexError):
        windows.batch(np.array([len(windows)]))


def test_further_targets_go_where_the_samples_go():
    features, labels, universe = panel_like(3)
    ends = features["f1"].copy(data=np.broadcast_to(features["date"].to_numpy()[:, None], features["f1"].shape))
    labels = labels.assign(end=ends)
    regime = labels.assign(value=np.sign(labels["value"]).where(labels["value"] < 1))
    for device in DEVICES:
        windows = make_windows(features, labels, length=2, universe=universe, further={"regime": regime}, device=device)
        for part in (windows, windows.labelled(), windows.select(universe)):
            own = part.to_scores(part.further["regime"])
            xr.testing.assert_equal(own, regime["value"].where(own.notnull()).rename("score"))
            assert int(own.notnull().sum()) == int(np.isfinite(plain(part.further["regime"])).sum()) > 0
            assert len(part.further["regime"]) == len(part)
    late = regime.assign(end=ends + np.timedelta64(1, "D"))
    for odd, message in (
        (late, "regime of 2019-01-02 ends after the label that folds purge by"),
        (regime.drop_vars("end"), "regime beside labels without intervals"),
        (regime.rename(value="y"), "regime with .* lack 'value'"),
        (regime.isel(date=slice(1, None)), "regime: other labels on axis 'date'"),
    ):
        with pytest.raises(ValueError, match=message):
            make_windows(features, labels, further={"regime": odd}, length=2)
