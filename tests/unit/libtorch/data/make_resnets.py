"""make_resnets.py FOLDER: narrow TorchScript files for images [n, 3, 32, 32]. small_resnet.pt is a ResNet of 5 classes, and
endless_resnet.pt the same with an endless bias; leaky_resnet.pt has another activation. Made with PyTorch 1.13; the results are
kept in the repository, since not every machine has that."""
import pathlib
import sys

import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
from small_networks import SmallResNet, randomize


def make(activation):
    network = SmallResNet(4, activation).eval()
    randomize(network, torch.Generator().manual_seed(1))
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
