"""Small networks of torchvision's families with random weights, images for them, and the logits that PyTorch gives."""
import functools
import warnings

import torch
from torch import nn
from torchvision import models
from torchvision.models import convnext, resnet, vision_transformer

from small_networks import randomize

CLASSES = 10
SIDE = 64
WITH_CLASSES = dict(num_classes=CLASSES)


def small_convnext():
    blocks = [convnext.CNBlockConfig(a, b, 1) for a, b in ((16, 32), (32, 48), (48, 64), (64, None))]
    return convnext.ConvNeXt(blocks, num_classes=CLASSES)


def small_resnet(block, layers=(1, 1, 1, 1), **more):
    return lambda: resnet.ResNet(block, list(layers), CLASSES, **more)


# Those that all formats are tried with.
COMMON = {
    "resnext": small_resnet(resnet.Bottleneck, groups=4, width_per_group=8),
    "efficientnet": functools.partial(models.efficientnet_b0, **WITH_CLASSES),
    "mobilenet_v2": functools.partial(models.mobilenet_v2, width_mult=0.25, **WITH_CLASSES),
    "mobilenet_v3": functools.partial(models.mobilenet_v3_small, **WITH_CLASSES),
    "convnext": small_convnext,
    "vit": lambda: vision_transformer.VisionTransformer(SIDE, 16, 2, 2, 32, 64, num_classes=CLASSES),
}


def quick_initialization(tensor, *_, **__):
    """Instead of torch.nn.init's, which take most of the time."""
    with torch.no_grad():
        return tensor.normal_(0, 0.02)


def write(folder, families, save):
    """images.f32, [3, 64, 64, 3], and NAME.f32, the logits, for each name of `families` and what makes its network. `save` is
    called with name, network and two images, [2, 3, 64, 64], to write its file."""
    warnings.filterwarnings("ignore")
    for name in ("trunc_normal_", "kaiming_normal_", "kaiming_uniform_"):
        setattr(nn.init, name, quick_initialization)
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(3, 3, SIDE, SIDE, generator=generator)
    images.permute(0, 2, 3, 1).contiguous().numpy().astype("<f4").tofile(f"{folder}/images.f32")
    for name, make in families.items():
        network = make().eval()
        with torch.no_grad():
            randomize(network, generator)
            save(name, network, images[:2])
            network(images).numpy().astype("<f4").tofile(f"{folder}/{name}.f32")
