"""The house style: one palette, one width, and figures that draw what they were given."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from dlcore.plots import COLORS, WIDTH, autocorrelogram, figure, name_line, timeline


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def test_figures_are_one_column_wide_and_light():
    fig, axes = figure(2, 3, height=1.5)
    assert fig.get_size_inches().tolist() == [WIDTH, 3.0]
    assert axes.shape == (2, 3)
    assert mpl.colors.to_hex(fig.get_facecolor()) == "#ffffff"
    assert not axes[0, 0].spines["top"].get_visible()


def test_palette_is_distinct_and_cannot_be_changed():
    assert len(set(COLORS.values())) == len(COLORS)
    with pytest.raises(TypeError):
        COLORS["blue"] = "#000000"  # type: ignore[index]


def test_autocorrelogram_marks_what_leaves_the_robust_band():
    _, axes = figure()
    autocorrelogram(axes, np.array([0.5, 0.1, -0.4]), 0.05, np.array([0.2, 0.2, 0.5]))
    points = {
        mpl.colors.to_hex(line.get_color()): line.get_xdata().tolist()
        for line in axes.lines
        if line.get_marker() == "o"
    }
    assert points == {COLORS["quiet"].lower(): [2, 3], COLORS["blue"].lower(): [1]}


def test_name_line_writes_in_the_lines_colour():
    _, axes = figure()
    name_line(axes, 1.0, 2.0, "index", COLORS["red"])
    assert axes.texts[0].get_text() == "index"
    assert axes.texts[0].get_color() == COLORS["red"]


@pytest.mark.parametrize(("entry", "fill"), [("next_open", 1.15), ("next_close", 1.85)])
def test_timeline_returns_run_from_fill_to_fill(entry, fill):
    _, axes = figure(height=1)
    timeline(axes, horizon=5, entry=entry)
    known, asked = (line.get_xdata() for line in axes.lines if line.get_linewidth() == 6)
    assert known[1] < asked[0] == pytest.approx(fill)
    assert asked[1] - asked[0] == pytest.approx(5)


def test_timeline_refuses_the_price_that_made_the_signal():
    _, axes = figure(height=1)
    with pytest.raises(ValueError, match="entry='close' is not allowed"):
        timeline(axes, entry="close")
