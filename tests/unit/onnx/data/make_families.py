"""make_families.py FOLDER: small networks of torchvision's families as PyTorch's exporter writes them to ONNX, images, and the
logits that PyTorch gives for them. Each file is NAME.onnx, with NAME.f32 beside it; images.f32 has the images,
[3, 64, 64, 3]."""
import functools
import sys
import warnings

import torch
from torch import nn
from torchvision import models
from torchvision.models import convnext, resnet, vision_transformer

CLASSES = 10
SIDE = 64
WITH_CLASSES = dict(num_classes=CLASSES)
BATCH = {"images": {0: "batch"}, "logits": {0: "batch"}}
ANY_SIZE = {"images": {0: "batch", 2: "height", 3: "width"}, "logits": {0: "batch"}}


def convnext_small():
    blocks = [convnext.CNBlockConfig(a, b, 1) for a, b in ((16, 32), (32, 48), (48, 64), (64, None))]
    return convnext.ConvNeXt(blocks, num_classes=CLASSES)


def small_resnet(block, layers=(1, 1, 1, 1), **more):
    return lambda: resnet.ResNet(block, list(layers), CLASSES, **more)


# Name, network, and what else the exporter is told.
FAMILIES = (
    ("resnet_basic", small_resnet(resnet.BasicBlock, (2, 2, 1, 1)), dict(dynamic_axes=BATCH)),
    ("resnet_bottleneck", small_resnet(resnet.Bottleneck, (2, 1, 1, 1)), dict(dynamic_axes=ANY_SIZE)),
    ("resnet_unfolded", small_resnet(resnet.Bottleneck),
     dict(dynamic_axes=BATCH, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)),
    ("resnet_fixed_batch", small_resnet(resnet.BasicBlock), {}),
    ("resnext", small_resnet(resnet.Bottleneck, groups=4, width_per_group=8), dict(dynamic_axes=BATCH, opset_version=11)),
    ("efficientnet", functools.partial(models.efficientnet_b0, **WITH_CLASSES), dict(dynamic_axes=BATCH)),
    ("mobilenet_v2", functools.partial(models.mobilenet_v2, width_mult=0.25, **WITH_CLASSES), dict(dynamic_axes=BATCH)),
    ("mobilenet_v3", functools.partial(models.mobilenet_v3_small, **WITH_CLASSES),
     dict(dynamic_axes=BATCH, opset_version=18)),
    ("convnext", convnext_small, dict(dynamic_axes=BATCH)),
    ("vit", lambda: vision_transformer.VisionTransformer(SIDE, 16, 2, 2, 32, 64, num_classes=CLASSES),
     dict(dynamic_axes=BATCH)),
)


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
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)


def main():
    folder = sys.argv[1]
    warnings.filterwarnings("ignore")
    for name in ("trunc_normal_", "kaiming_normal_", "kaiming_uniform_"):
        setattr(nn.init, name, quick_initialization)
    # The exporter does not know the operator that attention becomes otherwise.
    torch.backends.mha.set_fastpath_enabled(False)
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(3, 3, SIDE, SIDE, generator=generator)
    images.permute(0, 2, 3, 1).contiguous().numpy().astype("<f4").tofile(f"{folder}/images.f32")
    for name, make, options in FAMILIES:
        network = make().eval()
        with torch.no_grad():
            randomize(network, generator)
            torch.onnx.export(network, (images[:2],), f"{folder}/{name}.onnx", input_names=["images"],
                              output_names=["logits"], **{"opset_version": 17, **options})
            network(images).numpy().astype("<f4").tofile(f"{folder}/{name}.f32")


if __name__ == "__main__":
    main()
