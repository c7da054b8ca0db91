"""make_families.py FOLDER: small networks of torchvision's families as TorchScript, images, and the logits that PyTorch
gives for them. Each file is NAME.pt, with NAME.f32 beside it; images.f32 has the images, [3, 64, 64, 3]."""
import functools
import pathlib
import sys

import torch
from torchvision import models
from torchvision.models import densenet, resnet, shufflenetv2, swin_transformer

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
import torchvision_families
from torchvision_families import CLASSES, COMMON, WITH_CLASSES, small_resnet


def swin():
    return swin_transformer.SwinTransformer([4, 4], 24, [2, 2, 2, 2], [1, 2, 2, 4], [7, 7], num_classes=CLASSES)


FAMILIES = {
    "swin": swin,
    **COMMON,
    "regnet": functools.partial(models.regnet_y_400mf, **WITH_CLASSES),
    "densenet": lambda: densenet.DenseNet(8, (2, 2, 2, 2), 16, num_classes=CLASSES),
    "shufflenet": lambda: shufflenetv2.ShuffleNetV2([1, 1, 1], [24, 24, 48, 96, 128], num_classes=CLASSES),
    "squeezenet": functools.partial(models.squeezenet1_1, **WITH_CLASSES),
    "resnet_basic": small_resnet(resnet.BasicBlock, (2, 2, 1, 1)),
    "resnet_bottleneck": small_resnet(resnet.Bottleneck, (2, 1, 1, 1)),
    "resnet_wide": small_resnet(resnet.Bottleneck, width_per_group=128),
    "resnet_frozen": small_resnet(resnet.BasicBlock),
    "resnet_bf16": small_resnet(resnet.BasicBlock),
    "mnasnet": functools.partial(models.mnasnet0_5, **WITH_CLASSES),
}
TRACED = {"swin", "mobilenet_v2", "resnext", "resnet_bottleneck"}
FROZEN = {"resnet_frozen"}
# Saved in bf16, whose weights fp32 has as well.
BF16 = {"resnet_bf16"}


def main():
    folder = sys.argv[1]

    def save(name, network, images):
        if name in BF16:
            network.bfloat16()
        module = torch.jit.trace(network, images, check_trace=False) if name in TRACED else torch.jit.script(network)
        module = torch.jit.freeze(module) if name in FROZEN else module
        module.save(f"{folder}/{name}.pt")
        network.float()

    torchvision_families.write(folder, FAMILIES, save)


if __name__ == "__main__":
    main()
