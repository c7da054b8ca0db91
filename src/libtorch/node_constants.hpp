// Constants that an operator of a TorchScript graph has beside its activations.
#pragma once

#include "sma/core/error.hpp"

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sma::libtorch {

// `input` counts the operator's inputs from 0. A constant that is not there counts as one that is computed.

/// The error of a network that is no ResNet: unsupported.
error no_resnet(std::string text);
/// The same, which names the operator.
error other_operator(torch::jit::Node const& n, std::string const& why);

/// The name of what has these weights, "layer1.0.conv2" of "self.layer1.0.conv2.weight": in one line of bounded length,
/// whatever the file says.
std::string layer_name(torch::jit::Value const& weights);

/// None where it is computed.
c10::IValue constant(torch::jit::Node const& n, std::size_t input);
/// Undefined where it is computed, or no tensor.
at::Tensor constant_tensor(torch::jit::Node const& n, std::size_t input);

/// Whether it is a constant that says that there is none.
bool is_none(torch::jit::Node const& n, std::size_t input);
bool is_false(torch::jit::Node const& n, std::size_t input);
bool is_one(torch::jit::Node const& n, std::size_t input);

/// A constant list for the two sides of an image, of which one number may stand for both; else empty.
std::vector<std::int64_t> sides(torch::jit::Node const& n, std::size_t input);
/// False for an empty list.
bool all_are(std::vector<std::int64_t> const& numbers, std::int64_t n);

}  // namespace sma::libtorch
