#include "memory_block.hpp"
#include "torch_network.hpp"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

namespace sma::engine {

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
        : graph_(std::move(g)), last_use_(model::last_readers(graph_)), onednn_(device.is_cpu() && at::hasMKLDNN()) {
        for (auto& l : graph_.layers) {
            // The classifier stays in fp32: rounding its sums would blur close classes, and it costs nothing.
            bool const convolution = l.kind == layer_kind::convolution;
            if (convolution) l.weight = l.weight.to(device, type).contiguous(at::MemoryFormat::ChannelsLast);
            if (l.kind == layer_kind::linear) l.weight = l.weight.to(device);
            if (l.bias.defined()) l.bias = l.bias.to(device, convolution ? type : at::kFloat);
        }
    }

    at::Tensor forward(at::Tensor const& images) override {
        std::vector<at::Tensor> values(graph_.layers.size() + 1);
        values[0] = images;
        for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
            auto const& l = graph_.layers[i];
            values[i + 1] = run(l, values[index(l.input)], l.residual ? values[index(*l.residual)] : at::Tensor());
            release(values, l.input, i);
            if (l.residual) release(values, *l.residual, i);
        }
        return values.back();
    }

private:
    void release(std::vector<at::Tensor>& values, int value, std::size_t position) const {
        if (last_use_[index(value)] == position) values[index(value)].reset();
    }

    at::Tensor run(layer const& l, at::Tensor const& x, at::Tensor const& residual) const {
        switch (l.kind) {
            case layer_kind::convolution:
                return convolve(l, x, residual);
            case layer_kind::max_pool:
                return at::max_pool2d(x, {l.kernel, l.kernel}, {l.stride, l.stride}, {l.padding, l.padding});
            case layer_kind::average_pool:
                return at::mean(x, c10::IntArrayRef{2, 3}, false, at::kFloat);
            case layer_kind::linear:
                return at::linear(x, l.weight, l.bias);
        }
        throw std::logic_error("unknown kind of layer");
    }

    at::Tensor convolve(layer const& l, at::Tensor const& x, at::Tensor const& residual) const {
        auto y = convolution(l, x);
        if (residual.defined()) y.add_(residual);
        if (l.activation == activation_kind::relu) y.relu_();
        return y;
    }

    at::Tensor convolution(layer const& l, at::Tensor const& x) const {
        std::vector<std::int64_t> const padding{l.padding, l.padding};
        std::vector<std::int64_t> const stride{l.stride, l.stride};
        std::vector<std::int64_t> const dilation{1, 1};
        // conv2d leaves oneDNN for a slow matrix product when there is one thread and a 1x1 kernel.
        if (onednn_) {
            require_memory_for_code(output_bytes(l, x));
            return at::mkldnn_convolution(x, l.weight, l.bias, padding, stride, dilation, l.groups);
        }
        return at::conv2d(x, l.weight, l.bias, stride, padding, dilation, l.groups);
    }

    model::graph graph_;
    std::vector<std::size_t> const last_use_;
    bool const onednn_;
};

}  // namespace

std::unique_ptr<torch_network> make_graph_network(model::graph network, at::Device device, at::ScalarType type) {
    return std::make_unique<graph_network>(std::move(network), device, type);
}

}  // namespace sma::engine
