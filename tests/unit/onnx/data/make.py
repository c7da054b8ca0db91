"""make.py FOLDER: small_resnet.onnx, a narrow ResNet as PyTorch's exporter writes it, with images [2, 32, 32, 3] and PyTorch's
logits [2, 5] beside it. Made with PyTorch 2.6; the result is kept in the repository, since not every machine has that."""
import json
import pathlib
import sys

import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
from small_networks import SmallResNet, randomize

SIDE = 32
LABELS = ["circle", "cross", "dots", "heart", "star"]


def main():
    folder = sys.argv[1]
    generator = torch.Generator().manual_seed(1)
    network = SmallResNet(8, nn.ReLU()).eval()
    randomize(network, generator)
    images = torch.randn(2, 3, SIDE, SIDE, generator=generator)
    file = f"{folder}/small_resnet.onnx"
    axes = {"images": {0: "batch"}, "logits": {0: "batch"}}
    torch.onnx.export(network, (images,), file, input_names=["images"], output_names=["logits"], dynamic_axes=axes,
                      opset_version=17)
    # A protobuf message ends where its file ends, and what is appended is read as more fields: metadata_props is field 14.
    def text(field, value):
        return bytes([field << 3 | 2]) + varint(len(value)) + value

    def varint(number):
        out = b""
        while number > 127:
            out += bytes([number & 127 | 128])
            number >>= 7
        return out + bytes([number])

    config = json.dumps({"id2label": {str(i): name for i, name in enumerate(LABELS)}}).encode()
    with open(file, "ab") as out:
        out.write(text(14, text(1, b"config.json") + text(2, config)))
    images.permute(0, 2, 3, 1).contiguous().numpy().astype("<f4").tofile(f"{folder}/small_resnet.images.f32")
    with torch.no_grad():
        network(images).numpy().astype("<f4").tofile(f"{folder}/small_resnet.logits.f32")


if __name__ == "__main__":
    main()
