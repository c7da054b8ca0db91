"""make_resnets.py FOLDER: narrow TorchScript files for images [n, 3, 32, 32]. small_resnet.pt is a ResNet of 5 classes, and
endless_resnet.pt the same with an endless bias; leaky_resnet.pt has another activation. Made with PyTorch 1.13; the results are
kept in the repository, since not every machine has that."""
import sys

import torch
from torch import nn

CLASSES = 5


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, activation):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.activation = activation
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.activation(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.activation(y + self.downsample(x))


class SmallResNet(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.activation = activation
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layers = nn.Sequential(Block(4, 4, 1, activation), Block(4, 8, 2, activation))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.maxpool(self.activation(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(self.avgpool(self.layers(x)), 1))


def make(activation):
    generator = torch.Generator().manual_seed(1)
    network = SmallResNet(activation).eval()
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return network


def main():
    folder = sys.argv[1]
    network = make(nn.ReLU(inplace=True))
    torch.jit.script(network).save(f"{folder}/small_resnet.pt")
    network.fc.bias.data[0] = float("inf")
    torch.jit.script(network).save(f"{folder}/endless_resnet.pt")
    torch.jit.script(make(nn.LeakyReLU(0.1))).save(f"{folder}/leaky_resnet.pt")


if __name__ == "__main__":
    main()
