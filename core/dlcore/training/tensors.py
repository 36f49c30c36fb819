"""Tensors in a file of the safetensors format, from which nothing can be run.

In come named tensors and text about them, out comes one file, written aside and renamed; and back.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dlcore.markets.store.disk import write_durably

if TYPE_CHECKING:
    import torch


def write_tensors(path: str | Path, tensors: "Mapping[str, torch.Tensor]", about: Mapping[str, str]) -> None:
    """Put tensors in place of whatever file is there; a kill at any moment leaves the old one or the new.

    Parameters
    ----------
    path : str or Path
        In a folder that is there.
    tensors : mapping of str to Tensor
        On any device, of any shape; not sparse.
    about : mapping of str to str
        Kept beside them.
    """
    from safetensors.torch import save

    pieces = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    write_durably(Path(path), save(pieces, metadata=dict(about)))


def read_tensors(path: str | Path) -> "tuple[dict[str, torch.Tensor], dict[str, str]]":
    """Read what `write_tensors` wrote, or any other file of the format.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    tensors : dict of str to Tensor
        On the CPU.
    about : dict of str to str
        The text beside them.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it is not of the format, or cut short.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 -- no mapping
    except SafetensorError:
        raise ValueError(f"{path} is no whole safetensors file: give one that write_tensors wrote") from None
