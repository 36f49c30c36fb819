"""No test speaks to anyone but this machine."""

import matplotlib as mpl
import pytest

from challenges.course import guard

pytest_plugins = ("yahoo_server",)

guard.install()
mpl.use("Agg")


@pytest.fixture
def one_torch_thread():
    """Small networks are quicker alone, and add up in one order."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
