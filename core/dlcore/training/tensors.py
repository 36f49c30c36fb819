"""Tensors in a file, in the safetensors format: a header of JSON, then bytes; reading it can run nothing.

In come named tensors and text about them, out comes one file, written aside and renamed; and back. The format is that
of https://huggingface.co/docs/safetensors: eight bytes with the header's length, the header, the tensors in one piece.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcore.markets.store.disk import write_durably

if TYPE_CHECKING:
    import torch

LONGEST_HEADER = 100_000_000  # bytes; as the format's own reader
FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
KINDS = FLOATS | {"BOOL": "bool", "U8": "uint8", "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8"}
NAMES = {kind: name for name, kind in KINDS.items()}


def write_tensors(path: str | Path, tensors: "Mapping[str, torch.Tensor]", about: Mapping[str, str]) -> None:
    """Put tensors in place of whatever file is there; a kill at any moment leaves the old one or the new.

    Parameters
    ----------
    path : str or Path
        In a folder that is there.
    tensors : mapping of str to Tensor
        On any device, of any shape; not sparse, complex or quantized.
    about : mapping of str to str
        Kept beside them.

    Raises
    ------
    ValueError
        For a dtype that the format does not have.
    """
    import torch

    header: dict[str, Any] = {"__metadata__": dict(about)}
    pieces, end = [], 0
    for name, tensor in tensors.items():
        kind = str(tensor.dtype).removeprefix("torch.")
        if kind not in NAMES:
            raise ValueError(f"{name} of {tensor.dtype} cannot be written: give one of {', '.join(NAMES)}")
        piece = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        offsets = [end, end := end + len(piece)]
        header[name] = {"dtype": NAMES[kind], "shape": list(tensor.shape), "data_offsets": offsets}
        pieces.append(piece)
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors begin at a multiple of eight
    write_durably(Path(path), b"".join([struct.pack("<Q", len(text)), text, *pieces]))


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
    content = Path(path).read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", content)
        if length > LONGEST_HEADER:
            raise ValueError
        header = json.loads(content[8 : 8 + length])
        about = header.pop("__metadata__", {})
        body = memoryview(content)[8 + length :]
        tensors = {name: _tensor(body, **entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, struct.error):
        raise ValueError(f"{path} is no whole safetensors file: give one that write_tensors wrote") from None
    if sum(tensor.nbytes for tensor in tensors.values()) != len(body):
        raise ValueError(f"{path} has {len(body)} bytes of tensors, and its header speaks of others: it is spoilt")
    return tensors, about


def _tensor(body: memoryview, dtype: str, shape: list[int], data_offsets: list[int]) -> "torch.Tensor":
    """One tensor, copied out of all bytes."""
    import torch

    kind = getattr(torch, KINDS[dtype])
    piece = bytearray(body[slice(*data_offsets)])
    flat = torch.frombuffer(piece, dtype=kind) if piece else torch.empty(0, dtype=kind)
    return flat.reshape(shape)
