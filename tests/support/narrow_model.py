"""narrow_model.py DEMO NARROW: the demo model without the channels that are zero, an eighth of the width: the same answers
for a fiftieth of the arithmetic (conf/demo/README.md). Both are safetensors files."""
import sys

import tensor_file

SHARE = 8
CHANNELS = 64  # the channels of every layer are a multiple of it; classes, colors and the sides of a kernel are not


def narrowed(size):
    return size // SHARE if size % CHANNELS == 0 else size


def leading(data, shape):
    """Of each dimension the channels that are used."""
    row_bytes = len(data) // shape[0]
    kept_bytes = row_bytes // shape[1] * narrowed(shape[1]) if len(shape) > 1 else row_bytes
    return b"".join(data[row * row_bytes:row * row_bytes + kept_bytes] for row in range(narrowed(shape[0])))


def main():
    demo, narrow = sys.argv[1:]
    tensor_file.write(narrow, {name: tensor_file.Tensor(t.dtype, [narrowed(n) for n in t.shape], leading(t.data, t.shape))
                               for name, t in tensor_file.read(demo).items()})


if __name__ == "__main__":
    main()
