"""A network of a hundred weights, ninety samples, and a fixture that keeps torch to one thread."""

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.training import IndexBatches, seeded

CPU = {"device": "cpu", "precision": "float32"}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def net(dropout: float = 0.0, seed: int = 1) -> nn.Module:
    with seeded(seed):
        return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1))


def squares(module, batch):
    x, y = batch
    return (module(x)[:, 0] - y) ** 2


def data(seed: int = 0, n: int = 90) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    y = x[:, 0] * 0.5 - x[:, 1] + rng.normal(size=n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def batches(seed: int = 0, n: int = 90, size: int = 16) -> IndexBatches:
    x, y = data(seed, n)
    return IndexBatches(lambda index: (x[index], y[index]), n, size)


def weights(module: nn.Module) -> torch.Tensor:
    return torch.cat([x.flatten() for x in module.state_dict().values()])
