#include "network_plan.hpp"

#include "alignment.hpp"
#include "sma/model/feature_values.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace sma::engine {
namespace {

using model::activation_kind;
using model::layer;
using model::layer_kind;

struct type_and_scale {
    value_type type;
    float scale;
};

/// Works through the layers in order; each step knows all values before it.
class planner {
public:
    planner(model::graph const& graph, precision p) : graph_(graph), precision_(p) {}

    result<network_plan> run(int height, int width) {
        auto const input = int8() ? type_and_scale{value_type::s8, graph_.layers.front().int8->input_scale} : plain();
        plan_.values.push_back({3, height, width, input.type, input.scale, 0});
        for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
            auto const added = add(graph_.layers[i]);
            if (!added) return added.error();
        }
        assign_buffers();
        return std::move(plan_);
    }

private:
    bool int8() const { return precision_ == precision::int8; }
    type_and_scale plain() const { return {precision_ == precision::bf16 ? value_type::bf16 : value_type::f32, 1.0F}; }

    type_and_scale output_type(layer const& l, value_plan const& input) const {
        if (l.kind == layer_kind::linear) return {value_type::f32, 1.0F};
        if (!int8()) return plain();
        if (l.kind == layer_kind::max_pool) return {input.type, input.scale};
        if (l.kind == layer_kind::average_pool) return {input.type, graph_.layers.back().int8->input_scale};
        return {l.activation == activation_kind::relu ? value_type::u8 : value_type::s8, l.int8->output_scale};
    }

    result<> add(layer const& l) {
        value_plan const& input = plan_.values[static_cast<std::size_t>(l.input)];
        auto const type = output_type(l, input);
        value_plan output{l.channels, 1, 1, type.type, type.scale, 0};
        if (l.kind == layer_kind::average_pool) output.channels = input.channels;
        if (l.kind == layer_kind::max_pool) output.channels = input.channels;
        if (l.kind == layer_kind::convolution || l.kind == layer_kind::max_pool) {
            output.height = reduced(input.height, l);
            output.width = reduced(input.width, l);
            if (output.height < 1 || output.width < 1)
                return error(errc::invalid_setting,
                             "the input is too small for this network: its size falls below one pixel at " + l.name +
                                 "; use a larger input size");
        }
        if (l.residual && !same_shape(plan_.values[static_cast<std::size_t>(*l.residual)], output))
            return error(errc::invalid_weights, l.name + ": the shortcut's shape differs from the block's output");
        plan_.values.push_back(output);
        return {};
    }

    static int reduced(int length, layer const& l) {
        int const span = length + 2 * l.padding - l.kernel;
        return span < 0 ? 0 : span / l.stride + 1;
    }

    static bool same_shape(value_plan const& a, value_plan const& b) {
        return a.channels == b.channels && a.height == b.height && a.width == b.width;
    }

    /// The last step that reads each value; logits and features are read after the last one.
    std::vector<int> last_uses() const {
        auto const readers = model::last_readers(graph_);
        std::vector<int> last(readers.begin(), readers.end());
        int const after_all = static_cast<int>(graph_.layers.size());
        last.back() = after_all;
        if (auto const features = model::find_features(graph_))
            last[features->map] = last[features->pooled] = after_all;
        return last;
    }

    /// The network's input may be the caller's memory and is never written to.
    residual_sum sum_of(layer const& l, int step, std::vector<int> const& last) const {
        if (!l.residual) return residual_sum::none;
        bool const replaceable =
            *l.residual != 0 && *l.residual != l.input && last[static_cast<std::size_t>(*l.residual)] == step;
        return replaceable ? residual_sum::in_place : residual_sum::copied;
    }

    void assign_buffers() {
        auto const last = last_uses();
        plan_.buffers.push_back({plan_.values[0].bytes(), 0, last[0]});
        for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
            int const step = static_cast<int>(i);
            value_plan& output = plan_.values[i + 1];
            plan_.residual.push_back(sum_of(graph_.layers[i], step, last));
            if (plan_.residual.back() == residual_sum::in_place) {
                output.buffer = plan_.values[static_cast<std::size_t>(*graph_.layers[i].residual)].buffer;
                plan_.buffers[static_cast<std::size_t>(output.buffer)].last = last[i + 1];
            } else {
                output.buffer = static_cast<int>(plan_.buffers.size());
                plan_.buffers.push_back({output.bytes(), step, std::max(step, last[i + 1])});
            }
        }
    }

    model::graph const& graph_;
    precision precision_;
    network_plan plan_;
};

}  // namespace

result<network_plan> plan_network(model::graph const& graph, precision p, int height, int width) {
    return planner(graph, p).run(height, width);
}

// Largest first, each at the lowest place that is free during its whole life.
arena_layout plan_arena(network_plan const& plan, int images) {
    auto const& buffers = plan.buffers;
    std::vector<std::size_t> order(buffers.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return buffers[a].bytes_per_image > buffers[b].bytes_per_image;
    });
    auto const size = [&](std::size_t b) {
        return aligned(buffers[b].bytes_per_image * static_cast<std::size_t>(images));
    };
    arena_layout layout;
    layout.offset.resize(buffers.size());
    std::vector<std::size_t> placed;  // by offset
    for (std::size_t const b : order) {
        std::size_t offset = 0;
        for (std::size_t const other : placed) {
            bool const meets = buffers[other].first <= buffers[b].last && buffers[b].first <= buffers[other].last;
            if (!meets) continue;
            if (offset + size(b) <= layout.offset[other]) break;
            offset = std::max(offset, layout.offset[other] + size(other));
        }
        layout.offset[b] = offset;
        layout.bytes = std::max(layout.bytes, offset + size(b));
        placed.insert(
            std::upper_bound(placed.begin(), placed.end(), b,
                             [&](std::size_t x, std::size_t y) { return layout.offset[x] < layout.offset[y]; }),
            b);
    }
    return layout;
}

}  // namespace sma::engine
