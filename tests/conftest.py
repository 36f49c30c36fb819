"""No test speaks to anyone but this machine, none is timed, and all take the same examples in every run.

`pytest --hypothesis-profile=default` looks for new ones.
"""

import matplotlib as mpl
import pytest
from hypothesis import HealthCheck, settings

from challenges.course import guard

pytest_plugins = ("yahoo_server",)

guard.install()
mpl.use("Agg")
settings.register_profile("course", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("course")


@pytest.fixture
def one_torch_thread():
    """Small networks are quicker alone, and add up in one order."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
