"""Safetensors files, for tests that make files from others."""
import json
import struct
import typing


class Tensor(typing.NamedTuple):
    dtype: str  # as the file has it: "F16"
    shape: list
    data: bytes


def read(path):
    """The tensors by name, without the file's metadata."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    return {name: Tensor(t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}


def write(path, tensors, metadata=None):
    """`metadata`: texts by name."""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape,
                        "data_offsets": [len(data), len(data) + len(tensor.data)]}
        data += tensor.data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def with_rows(tensor, rows):
    """These rows of a matrix, or elements of a vector, in this order."""
    row_bytes = len(tensor.data) // tensor.shape[0]
    return Tensor(tensor.dtype, [len(rows), *tensor.shape[1:]],
                  b"".join(tensor.data[row * row_bytes:(row + 1) * row_bytes] for row in rows))
