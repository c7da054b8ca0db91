"""make_families.py FOLDER: small networks of torchvision's families as TorchScript, images, and the logits that PyTorch
gives for them. Each file is NAME.pt, with NAME.f32 beside it; images.f32 has the images, [3, 64, 64, 3]."""
import functools
import sys
import warnings

import torch
from torch import nn
from torchvision import models
from torchvision.models import convnext, densenet, resnet, shufflenetv2, swin_transformer, vision_transformer

CLASSES = 10
SIDE = 64
WITH_CLASSES = dict(num_classes=CLASSES)


def swin():
    return swin_transformer.SwinTransformer([4, 4], 24, [2, 2, 2, 2], [1, 2, 2, 4], [7, 7], num_classes=CLASSES)


def convnext_small():
    blocks = [convnext.CNBlockConfig(a, b, 1) for a, b in ((16, 32), (32, 48), (48, 64), (64, None))]
    return convnext.ConvNeXt(blocks, num_classes=CLASSES)


def small_resnet(block, layers=(1, 1, 1, 1), **more):
    return lambda: resnet.ResNet(block, list(layers), CLASSES, **more)


FAMILIES = {
    "swin": swin,
    "vit": lambda: vision_transformer.VisionTransformer(SIDE, 16, 2, 2, 32, 64, num_classes=CLASSES),
    "convnext": convnext_small,
    "efficientnet": functools.partial(models.efficientnet_b0, **WITH_CLASSES),
    "mobilenet_v2": functools.partial(models.mobilenet_v2, width_mult=0.25, **WITH_CLASSES),
    "mobilenet_v3": functools.partial(models.mobilenet_v3_small, **WITH_CLASSES),
    "regnet": functools.partial(models.regnet_y_400mf, **WITH_CLASSES),
    "densenet": lambda: densenet.DenseNet(8, (2, 2, 2, 2), 16, num_classes=CLASSES),
    "shufflenet": lambda: shufflenetv2.ShuffleNetV2([1, 1, 1], [24, 24, 48, 96, 128], num_classes=CLASSES),
    "squeezenet": functools.partial(models.squeezenet1_1, **WITH_CLASSES),
    "resnext": small_resnet(resnet.Bottleneck, groups=4, width_per_group=8),
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


def quick_initialization(tensor, *_, **__):
    """Instead of torch.nn.init's, which take most of the time."""
    with torch.no_grad():
        return tensor.normal_(0, 0.02)


def randomize(network, generator):
    """Weights that keep the size of what flows through them, and statistics that a trained network could have."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)


def main():
    folder = sys.argv[1]
    warnings.filterwarnings("ignore")
    for name in ("trunc_normal_", "kaiming_normal_", "kaiming_uniform_"):
        setattr(nn.init, name, quick_initialization)
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(3, 3, SIDE, SIDE, generator=generator)
    images.permute(0, 2, 3, 1).contiguous().numpy().astype("<f4").tofile(f"{folder}/images.f32")
    for name, make in FAMILIES.items():
        network = make().eval()
        with torch.no_grad():
            randomize(network, generator)
            traced = functools.partial(torch.jit.trace, example_inputs=images[:2], check_trace=False)
            if name in BF16:
                network = network.bfloat16()
            module = traced(network) if name in TRACED else torch.jit.script(network)
            module = torch.jit.freeze(module) if name in FROZEN else module
            module.save(f"{folder}/{name}.pt")
            network = network.float()
            network(images).numpy().astype("<f4").tofile(f"{folder}/{name}.f32")


if __name__ == "__main__":
    main()
