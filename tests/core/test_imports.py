"""What an import costs, told by what it must not bring along."""

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "pandas",
    "xarray",
    "numba",
    "torch",
    "scipy",
    "matplotlib",
    "statsmodels",
    "rich",
    "exchange_calendars",
)


def loaded_by(code: str) -> set[str]:
    """Which heavy packages a fresh interpreter holds after running the code."""
    report = f"{code}\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        *("import dlcore", "import dlcore.markets", "import dlcore.features", "import dlcore.evaluation"),
        *("import dlcore.nn", "import dlcore.cli", "import dlcore; dir(dlcore)"),
    ],
)
def test_the_library_and_its_command_bring_nothing_heavy(code):
    assert loaded_by(code) == set()


def test_loading_a_real_panel_does_not_import_the_packages_that_hold_it():
    code = "import dlcore.markets as m; [m.load_panel(n) for n in ('us-large-20', 'us-tech-5', 'indices')]; import sys"
    code += "; assert not {'skfolio', 'arch', 'bokeh_sampledata'} & set(sys.modules)"
    assert not {"numba", "torch", "scipy", "matplotlib", "statsmodels"} & loaded_by(code)


def test_rooms_appear_when_named():
    import dlcore

    assert "markets" in dir(dlcore)
    assert dlcore.markets.load_panel.__name__ == "load_panel"
    assert dlcore.__version__ == "0.1.0"
    with pytest.raises(AttributeError, match=r"no room 'kitchen': there are .*markets"):
        _ = dlcore.kitchen
    with pytest.raises(AttributeError, match="no attribute 'kitchen'"):
        _ = dlcore.markets.kitchen
    assert dlcore.markets.calendar.sessions("2014-01-01", "2014-01-03").size == 2
