// Network of the oneDNN engine: the layer graph without its weights, the plan, and oneDNN's descriptions of each layer
// at a batch size.
#pragma once

#include "onednn_compat.hpp"

#include "network_plan.hpp"

#include <vector>

namespace sma::engine {

/// Immutable once built.
class network {
public:
    /// `plan` is graph's own. Tensors of weights are dropped, scales kept.
    network(model::graph graph, network_plan plan, precision p);

    model::graph const& graph() const noexcept { return graph_; }
    network_plan const& plan() const noexcept { return plan_; }
    precision runs_in() const noexcept { return precision_; }
    value_plan const& input_of(std::size_t layer) const;
    value_plan const& output_of(std::size_t layer) const { return plan_.values[layer + 1]; }

    bool has_weights(std::size_t layer) const;
    /// int8 average pools are ours, everything else is oneDNN's.
    bool is_own_average_pool(std::size_t layer) const;

    /// NHWC, or NC for the input and output of the linear layer.
    dnnl::memory::desc value_desc(value_plan const& value, int images, bool flat = false) const;
    /// Weights and bias as the graph has them: f32 or s8, [groups,] out, in, h, w.
    dnnl::memory::desc plain_weights(std::size_t layer) const;
    dnnl::memory::desc bias_desc(std::size_t layer) const;
    std::optional<onednn::int8_scales> scales_of(std::size_t layer) const;

    /// A layer with weights; `weights` is a fixed format, or empty to let oneDNN choose one.
    onednn::layer_description describe_layer(std::size_t layer, int images,
                                             std::optional<dnnl::memory::desc> const& weights) const;
    onednn::pool_description describe_pool(std::size_t layer, int images) const;

private:
    dnnl::memory::dims weight_dims(std::size_t layer) const;
    dnnl::memory::data_type weight_type() const;

    model::graph graph_;
    network_plan plan_;
    precision precision_;
};

}  // namespace sma::engine
