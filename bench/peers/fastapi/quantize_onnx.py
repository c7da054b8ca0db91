"""Writes the int8 ONNX file for the Node service: quantize_onnx.py FLOAT.onnx PHOTOS OUT.onnx [--reduce-range].

Static quantization as ONNX Runtime's documentation recommends it for CPUs: pairs of QuantizeLinear and DequantizeLinear
(QDQ), activations of 8 bits without sign, symmetric weights of 8 bits with a scale for each channel, ranges from the
smallest and largest values that the photos give. --reduce-range: weights of 7 bits, which it recommends for processors with
AVX2 or AVX-512 but without VNNI, whose sums of two products would saturate.
"""
import argparse
import os

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from PIL import Image
from torch.nn import functional

from preprocess import preprocess

DIRECT = ("MaxPool", "Flatten")  # their output has the scale of their input


def conv(node, x, weight, bias):
    a = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    return functional.conv2d(x, weight, bias, a["strides"], a["pads"][:2])


FLOAT = {
    "Conv": conv,
    "Relu": lambda node, x: functional.relu(x),
    "MaxPool": lambda node, x: functional.max_pool2d(x, 3, 2, 1),
    "Add": lambda node, x, y: x + y,
    "GlobalAveragePool": lambda node, x: x.mean((2, 3), True),
    "Flatten": lambda node, x: x.flatten(1),
    "Gemm": lambda node, x, weight, bias: functional.linear(x, weight, bias),
}


def initializers(model):
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def ranges(model, photos):
    """name -> smallest and largest value, and 0, of everything that is computed from the photos."""
    constants = {name: torch.from_numpy(value.copy()) for name, value in initializers(model).items()}
    seen = {}
    for name in sorted(os.listdir(photos)):
        values = {**constants, "image": preprocess(Image.open(os.path.join(photos, name)).convert("RGB"))}
        for node in model.graph.node:
            values[node.output[0]] = FLOAT[node.op_type](node, *(values[each] for each in node.input))
        for each in values.keys() - constants.keys():
            low, high = seen.get(each, (0.0, 0.0))
            seen[each] = min(low, values[each].min().item()), max(high, values[each].max().item())
    return seen


def without_relu(model):
    """The nodes, without those Relu whose input nobody else reads: values without sign cannot be below 0 anyway."""
    relus = {node.input[0]: node.output[0] for node in model.graph.node if node.op_type == "Relu"}
    for node in model.graph.node:
        if node.op_type != "Relu":
            node.output[0] = relus.get(node.output[0], node.output[0])
            yield node


class Quantizer:
    def __init__(self, model, seen, largest_weight):
        self.constants, self.seen, self.largest_weight = initializers(model), seen, largest_weight
        self.nodes, self.initializers, self.scales = [], [], {}
        self.output = model.graph.output[0].name

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def activation(self, name, like=None):
        """Quantizes and dequantizes a computed value; like: another one whose scale it shares."""
        low, high = self.seen[like or name]
        scale = np.float32(max(high - low, 1e-8) / 255)
        self.scales[name] = scale
        self.seen[name] = low, high
        parameters = [self.constant(name + "_scale", scale), self.constant(name + "_zero", np.uint8(round(-low / scale)))]
        self.nodes.append(helper.make_node("QuantizeLinear", [name] + parameters, [name + "_q"]))
        self.nodes.append(helper.make_node("DequantizeLinear", [name + "_q"] + parameters, [name + "_dq"]))

    def dequantized(self, name, values, scales):
        zeros = self.constant(name + "_zero", np.zeros(len(scales), values.dtype))
        inputs = [self.constant(name + "_q", values), self.constant(name + "_scale", scales), zeros]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [name + "_dq"], axis=0))

    def weight(self, name, bias, input_scale):
        value = self.constants[name]
        scales = np.abs(value).reshape(len(value), -1).max(1) / self.largest_weight
        # A channel of next to no weights has a bias still, whose 32 bits the product of the scales must not exceed.
        scales = np.maximum(scales, np.maximum(np.abs(self.constants[bias]), 1e-8) / (input_scale * 2**30))
        rounded = np.rint(value / scales.reshape([-1] + [1] * (value.ndim - 1)))
        self.dequantized(name, rounded.astype(np.int8), scales.astype(np.float32))
        bias_scales = (scales * input_scale).astype(np.float32)
        self.dequantized(bias, np.rint(self.constants[bias] / bias_scales).astype(np.int32), bias_scales)

    def add(self, node):
        if len(node.input) == 3:  # a layer with weights
            self.weight(node.input[1], node.input[2], self.scales[node.input[0]])
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        del copy.input[:]
        copy.input.extend(name + "_dq" for name in node.input)
        self.nodes.append(copy)
        if node.output[0] != self.output:
            self.activation(node.output[0], node.input[0] if node.op_type in DIRECT else None)


def quantize(model, seen, largest_weight):
    quantizer = Quantizer(model, seen, largest_weight)
    quantizer.activation("image")
    for node in without_relu(model):
        quantizer.add(node)
    graph = helper.make_graph(quantizer.nodes, "int8", model.graph.input, model.graph.output, quantizer.initializers)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("photos")
    parser.add_argument("out")
    parser.add_argument("--reduce-range", action="store_true")
    arguments = parser.parse_args()
    model = onnx.load(arguments.model)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    with torch.no_grad():
        seen = ranges(model, arguments.photos)
    onnx.save(quantize(model, seen, 64 if arguments.reduce_range else 127), arguments.out)


if __name__ == "__main__":
    main()
