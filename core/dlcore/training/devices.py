"""Where and how finely it is computed: a device by name, and half precision where the device has it.

In come names, out come torch's own objects. What is asked for and is not there is refused; only "auto" chooses.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def choose_device(name: str = "auto") -> "torch.device":
    """The device of a name.

    Parameters
    ----------
    name : str
        "auto" (the first GPU where there is one, else the CPU), "cpu", "cuda", or "cuda:1".

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        For a device that this machine does not have.
    """
    import torch

    found = torch.cuda.device_count()
    if name == "auto":
        return torch.device("cuda", 0) if found else torch.device("cpu")
    kind, _, number = name.partition(":")
    if kind == "cpu" and not number:
        return torch.device("cpu")
    if kind != "cuda" or (number and not number.isdecimal()) or int(number or 0) >= found:
        raise ValueError(f"device={name!r} is not here ({found} GPUs): give 'auto', 'cpu', or one that is")
    return torch.device("cuda", int(number or 0))


def autocast(device: "torch.device", precision: str = "auto") -> AbstractContextManager:
    """Half precision for the products of a forward pass, where it is wanted and the device has it.

    Parameters
    ----------
    device : torch.device
    precision : {"auto", "float32", "bfloat16"}
        "auto" is bfloat16 on a GPU that computes in it, and float32 elsewhere: on most CPUs bfloat16 is slower.

    Returns
    -------
    context manager
    """
    import torch

    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "bfloat16" or (precision == "auto" and native):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
