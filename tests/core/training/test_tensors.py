"""What is written is read back, by torch's own reader of the header too, and spoilt files are refused."""

import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributed.checkpoint._hf_utils import _get_dtype, _get_safetensors_file_metadata

from dlcore.training import read_tensors, write_tensors

KINDS = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.uint8, torch.bool]


@settings(max_examples=40)
@given(
    shapes=st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=4),
    kinds=st.lists(st.sampled_from(KINDS), min_size=4, max_size=4),
    text=st.text(max_size=20),
)
def test_tensors_come_back_bit_for_bit(tmp_path_factory, shapes, kinds, text):
    path = tmp_path_factory.mktemp("tensors") / "t.safetensors"
    generator = torch.Generator().manual_seed(0)
    drawn = [
        torch.randn(shape, generator=generator).mul(5).to(kind) for shape, kind in zip(shapes, kinds, strict=False)
    ]
    given = {f"part.{k}": tensor for k, tensor in enumerate(drawn)}
    write_tensors(path, given, {"text": text})
    found, about = read_tensors(path)
    assert about == {"text": text}
    assert list(found) == list(given)
    for name, tensor in given.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)
    assert not list(path.parent.glob("*.tmp"))


def test_torch_reads_the_same_header(tmp_path):
    transposed = torch.arange(6.0).reshape(2, 3).T
    write_tensors(tmp_path / "t", {"a": transposed, "b": torch.tensor([1, 2], dtype=torch.int64)}, {})
    with (tmp_path / "t").open("rb") as file:
        header, begin = _get_safetensors_file_metadata(file)
        body = file.read()
    content = (tmp_path / "t").read_bytes()
    assert begin == len(content) - len(body)
    assert begin % 8 == 0
    for name, expected in (("a", transposed), ("b", torch.tensor([1, 2]))):
        entry = header[name]
        start, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(content[begin + start : begin + end]), dtype=_get_dtype(entry["dtype"]))
        assert torch.equal(values.reshape(entry["shape"]), expected)


def test_what_is_no_file_of_the_format_is_refused(tmp_path):
    path = tmp_path / "t"
    write_tensors(path, {"a": torch.ones(3)}, {})
    whole = path.read_bytes()
    header = {"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}

    def packed(table, body=bytes(12)) -> bytes:
        text = json.dumps(table).encode()
        return struct.pack("<Q", len(text)) + text + body

    spoilt = [b"", whole[:5], whole[:20], whole[:-1], whole + b"x", struct.pack("<Q", 2**60) + whole[8:]]
    spoilt += [packed([]), packed({"a": 1}), packed({"a": header["a"] | {"dtype": "F99"}})]
    spoilt += [packed({"a": header["a"] | {"shape": [4]}})]
    for content in spoilt:
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no whole safetensors file"):
            read_tensors(path)
    path.write_bytes(packed(header))
    assert torch.equal(read_tensors(path)[0]["a"], torch.zeros(3))


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "t")


def test_what_is_read_may_be_written_into(tmp_path):
    write_tensors(tmp_path / "t", {"a": torch.ones(2)}, {})
    tensors, _ = read_tensors(tmp_path / "t")
    tensors["a"] += 1
    np.testing.assert_array_equal(tensors["a"], [2, 2])
