"""Writes the ONNX file for the Node service from the weights that all services use: export_onnx.py WEIGHTS OUT."""
import sys

import resnet50
import torch

weights, out = sys.argv[1:]
torch.onnx.export(
    resnet50.load(weights),
    torch.zeros(1, 3, 224, 224),
    out,
    opset_version=13,
    input_names=["image"],
    output_names=["logits"],
    dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}},
)
