#include "torch_network.hpp"

#include "sma/engine/memory_for_code.hpp"
#include "sma/libtorch/tensor_bridge.hpp"
#include "sma/model/feature_values.hpp"

#include <ATen/ATen.h>

#include <optional>
#include <utility>
#include <vector>

namespace sma::libtorch {

namespace {

using model::activation_kind;
using model::layer;
using model::layer_kind;

std::size_t index(int value) { return static_cast<std::size_t>(value); }

std::size_t output_bytes(layer const& l, at::Tensor const& x) {
    auto const reduced = [&l](std::int64_t length) { return (length + 2 * l.padding - l.kernel) / l.stride + 1; };
    auto const elements = x.size(0) * l.channels * reduced(x.size(2)) * reduced(x.size(3));
    return static_cast<std::size_t>(elements) * x.element_size();
}

class graph_network final : public torch_network {
public:
    graph_network(model::graph g, at::Device device, at::ScalarType type)
        : graph_(std::move(g)),
          last_use_(model::last_readers(graph_)),
          features_(model::find_features(graph_)),
          onednn_(device.is_cpu() && at::hasMKLDNN()) {
        for (auto& l : graph_.layers) {
            parameters_.push_back(prepare(l, device, type));
            l.weight = {};
            l.bias = {};
        }
    }

    network_output forward(at::Tensor const& images) override {
        network_output output;
        std::vector<at::Tensor> values(graph_.layers.size() + 1);
        values[0] = images;
        for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
            auto const& l = graph_.layers[i];
            values[i + 1] = run(i, values[index(l.input)], l.residual ? values[index(*l.residual)] : at::Tensor());
            if (features_ && i + 1 == features_->map) output.map = values[i + 1];
            if (features_ && i + 1 == features_->pooled) output.pooled = values[i + 1];
            release(values, l.input, i);
            if (l.residual) release(values, *l.residual, i);
        }
        output.logits = values.back();
        return output;
    }

    at::Tensor classifier() const override { return features_ ? parameters_.back().weight : at::Tensor(); }

private:
    struct parameters {
        at::Tensor weight, bias;  ///< undefined for pools
    };

    static parameters prepare(layer const& l, at::Device device, at::ScalarType type) {
        auto const weight = to_torch(l.weight);
        auto const bias = to_torch(l.bias);
        if (l.kind == layer_kind::convolution)
            return {weight.to(device, type).contiguous(at::MemoryFormat::ChannelsLast), bias.to(device, type)};
        // The classifier stays in fp32: rounding its sums would blur close classes, and it costs nothing.
        if (l.kind == layer_kind::linear) return {weight.to(device), bias.to(device)};
        return {};
    }

    void release(std::vector<at::Tensor>& values, int value, std::size_t position) const {
        if (last_use_[index(value)] == position) values[index(value)].reset();
    }

    at::Tensor run(std::size_t i, at::Tensor const& x, at::Tensor const& residual) const {
        auto const& l = graph_.layers[i];
        auto const& p = parameters_[i];
        switch (l.kind) {
            case layer_kind::convolution:
                return convolve(l, p, x, residual);
            case layer_kind::max_pool:
                return at::max_pool2d(x, {l.kernel, l.kernel}, {l.stride, l.stride}, {l.padding, l.padding});
            case layer_kind::average_pool:
                return at::mean(x, c10::IntArrayRef{2, 3}, false, at::kFloat);
            case layer_kind::linear:
                return at::linear(x, p.weight, p.bias);
        }
        throw std::logic_error("unknown kind of layer");
    }

    at::Tensor convolve(layer const& l, parameters const& p, at::Tensor const& x, at::Tensor const& residual) const {
        auto y = convolution(l, p, x);
        if (residual.defined()) y.add_(residual);
        if (l.activation == activation_kind::relu) y.relu_();
        return y;
    }

    at::Tensor convolution(layer const& l, parameters const& p, at::Tensor const& x) const {
        std::vector<std::int64_t> const padding{l.padding, l.padding};
        std::vector<std::int64_t> const stride{l.stride, l.stride};
        std::vector<std::int64_t> const dilation{1, 1};
        // conv2d leaves oneDNN for a slow matrix product when there is one thread and a 1x1 kernel.
        if (onednn_) {
            engine::require_memory_for_code(output_bytes(l, x));
            return at::mkldnn_convolution(x, p.weight, p.bias, padding, stride, dilation, l.groups);
        }
        return at::conv2d(x, p.weight, p.bias, stride, padding, dilation, l.groups);
    }

    model::graph graph_;  ///< without its weights
    std::vector<parameters> parameters_;
    std::vector<std::size_t> const last_use_;
    std::optional<model::feature_values> const features_;
    bool const onednn_;
};

}  // namespace

std::unique_ptr<torch_network> make_graph_network(model::graph network, at::Device device, at::ScalarType type) {
    return std::make_unique<graph_network>(std::move(network), device, type);
}

}  // namespace sma::libtorch
