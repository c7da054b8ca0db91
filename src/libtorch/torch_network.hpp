// Network of the torch engine: a layer graph or a TorchScript module, behind one function.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <string>

namespace sma::libtorch {

/// What a forward pass gives.
struct network_output {
    at::Tensor logits;  ///< [n, classes], f32
    at::Tensor map;     ///< [n, channels, h, w], the last feature map; undefined of a TorchScript module, as the next
    at::Tensor pooled;  ///< [n, channels], f32
};

/// Owned by a torch_engine and used on its thread, under c10::InferenceMode.
class torch_network {
public:
    virtual ~torch_network() = default;

    /// `images` [n, 3, h, w] with channels-last strides, of the network's device and type. Throws what libtorch throws.
    virtual network_output forward(at::Tensor const& images) = 0;
    /// The classifier's weights [classes, channels], f32; undefined of a TorchScript module.
    virtual at::Tensor classifier() const { return {}; }
    /// What an operator should know of how it runs, a sentence without its full stop; mostly empty.
    virtual std::string note() const { return {}; }
};

/// The layer graph with weights converted to `type` on `device`. Throws c10::Error.
std::unique_ptr<torch_network> make_graph_network(model::graph network, at::Device device, at::ScalarType type);

/// A TorchScript file. `sample` has the shape, type and device of one image. Where `images_max` is not 0, the module
/// runs in a faster form if that answers alike, chosen for batches of up to as many images. One that cannot take
/// several images is given one after the other. Errors: invalid_weights, out_of_memory.
result<std::unique_ptr<torch_network>> make_script_network(std::filesystem::path const& file, at::Device device,
                                                           at::ScalarType type, at::Tensor const& sample,
                                                           int images_max);

}  // namespace sma::libtorch
