"""make.py FOLDER: small_resnet.onnx, a narrow ResNet as PyTorch's exporter writes it, with images [2, 32, 32, 3] and PyTorch's
logits [2, 5] beside it. Made with PyTorch 2.6; the result is kept in the repository, since not every machine has that."""
import json
import sys

import torch
from torch import nn

CLASSES = 5
SIDE = 32
LABELS = ["circle", "cross", "dots", "heart", "star"]


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class SmallResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layers = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, CLASSES)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(self.avgpool(self.layers(x)), 1))


def main():
    folder = sys.argv[1]
    generator = torch.Generator().manual_seed(1)
    network = SmallResNet().eval()
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
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
