"""make_families.py FOLDER: small networks of torchvision's families as PyTorch's exporter writes them to ONNX, images, and the
logits that PyTorch gives for them. Each file is NAME.onnx, with NAME.f32 beside it; images.f32 has the images,
[3, 64, 64, 3]."""
import pathlib
import sys

import torch
from torchvision.models import resnet

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
import torchvision_families
from torchvision_families import COMMON, small_resnet

BATCH = {"images": {0: "batch"}, "logits": {0: "batch"}}
ANY_SIZE = {"images": {0: "batch", 2: "height", 3: "width"}, "logits": {0: "batch"}}
FAMILIES = {
    "resnet_basic": small_resnet(resnet.BasicBlock, (2, 2, 1, 1)),
    "resnet_bottleneck": small_resnet(resnet.Bottleneck, (2, 1, 1, 1)),
    "resnet_unfolded": small_resnet(resnet.Bottleneck),
    "resnet_fixed_batch": small_resnet(resnet.BasicBlock),
    **COMMON,
}
# What else the exporter is told; of the others the batch is of any size.
OPTIONS = {
    "resnet_bottleneck": dict(dynamic_axes=ANY_SIZE),
    "resnet_unfolded": dict(dynamic_axes=BATCH, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE),
    "resnet_fixed_batch": {},
    "resnext": dict(dynamic_axes=BATCH, opset_version=11),
    "mobilenet_v3": dict(dynamic_axes=BATCH, opset_version=18),
}


def main():
    folder = sys.argv[1]
    # The exporter does not know the operator that attention becomes otherwise.
    torch.backends.mha.set_fastpath_enabled(False)

    def save(name, network, images):
        options = {"opset_version": 17, **OPTIONS.get(name, dict(dynamic_axes=BATCH))}
        torch.onnx.export(network, (images,), f"{folder}/{name}.onnx", input_names=["images"], output_names=["logits"], **options)

    torchvision_families.write(folder, FAMILIES, save)


if __name__ == "__main__":
    main()
