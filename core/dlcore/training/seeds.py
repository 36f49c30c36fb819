"""Chance that repeats itself, and leaves everybody else's chance as it was.

In come a seed and a device; out comes a context in which torch's generators begin at the seed. At its end they are
what they were before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@contextmanager
def seeded(seed: int, device: "torch.device | None" = None) -> Iterator[None]:
    """Fresh weights and dropout that are the same each time.

    cuDNN is held to algorithms that repeat themselves. Bits may still differ between machines, numbers of threads and
    versions of torch; cuBLAS asks for ``CUBLAS_WORKSPACE_CONFIG=:4096:8`` in the environment before the start.

    Parameters
    ----------
    seed : int
        ≥ 0.
    device : torch.device, optional
        A GPU whose generator is to be seeded beside that of the CPU.
    """
    import torch

    gpus = [device] if device is not None and device.type == "cuda" else []
    with torch.random.fork_rng(gpus), torch.backends.cudnn.flags(deterministic=True, benchmark=False):
        torch.manual_seed(seed)
        yield


def generator_states(device: "torch.device") -> "dict[str, torch.Tensor]":
    """Where torch's generators stand: of the CPU, and of the device where it is a GPU."""
    import torch

    states = {"cpu": torch.get_rng_state()}
    return states | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def restore_generators(states: "dict[str, torch.Tensor]", device: "torch.device") -> None:
    """Put torch's generators back to where they stood."""
    import torch

    torch.set_rng_state(states["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
