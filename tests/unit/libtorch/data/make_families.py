"""make_families.py FOLDER: small networks of torchvision's families as TorchScript, images, and the logits that PyTorch
gives for them. Each file is NAME.pt, with NAME.f32 beside it; images.f32 has the images, [3, 64, 64, 3]."""
import functools
import pathlib
import sys

import torch
from torchvision import models
from torchvision.models import densenet, shufflenetv2, swin_transformer

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
import torchvision_families
from torchvision_families import CLASSES, COMMON, WITH_CLASSES


def swin():
    return swin_transformer.SwinTransformer([4, 4], 24, [2, 2, 2, 2], [1, 2, 2, 4], [7, 7], num_classes=CLASSES)


FAMILIES = {
    "swin": swin,
    **COMMON,
    "regnet": functools.partial(models.regnet_y_400mf, **WITH_CLASSES),
    "densenet": lambda: densenet.DenseNet(8, (2, 2, 2, 2), 16, num_classes=CLASSES),
    "shufflenet": lambda: shufflenetv2.ShuffleNetV2([1, 1, 1], [24, 24, 48, 96, 128], num_classes=CLASSES),
    "squeezenet": functools.partial(models.squeezenet1_1, **WITH_CLASSES),
    "mnasnet": functools.partial(models.mnasnet0_5, **WITH_CLASSES),
}
TRACED = {"swin", "mobilenet_v2", "resnext"}


def main():
    folder = sys.argv[1]

    def save(name, network, images):
        module = torch.jit.trace(network, images, check_trace=False) if name in TRACED else torch.jit.script(network)
        module.save(f"{folder}/{name}.pt")

    torchvision_families.write(folder, FAMILIES, save)


if __name__ == "__main__":
    main()
