#include "sma/libtorch/quantize.hpp"

#include "calibration.hpp"
#include "evaluation.hpp"
#include "graph_run.hpp"
#include "sma/libtorch/tensor_bridge.hpp"
#include "sma/model/quantized_weights.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace sma::libtorch {

using model::graph;
using model::layer;
using model::layer_kind;

namespace {

constexpr int unsigned_levels = 255;
constexpr int signed_levels = 127;

constexpr std::array all_methods{calibration_method::min_max, calibration_method::percentile,
                                 calibration_method::mean_squared_error};

using calibration = std::vector<value_statistics>;  // one a value

result<calibration> calibrate(graph const& network, image_batches const& images) {
    calibration seen(network.layers.size() + 1);
    auto const observed = images.for_each("calibration", [&](at::Tensor const& x) {
        run_float(network, x, [&](std::size_t v, at::Tensor const& value) { observe(seen[v], value); });
    });
    if (!observed) return observed.error();
    for (std::size_t v = 0; v <= network.layers.size(); ++v)
        if (!std::isfinite(seen[v].largest))
            return error(errc::invalid_weights,
                         (v == 0 ? "the images" : network.layers[v - 1].name) + ": values that are not finite");
    return seen;
}

/// The mean contribution that rounding the weights removes, per output channel. The zeros of the padding count as mean
/// values, which matters little.
at::Tensor lost_mean(layer const& l, model::tensor const& rounded_weight, at::Tensor const& input_mean) {
    auto const lost = to_torch(l.weight).to(at::kDouble) - to_torch(rounded_weight).to(at::kDouble);
    auto const per_input = lost.dim() == 4 ? lost.sum({2, 3}) : lost;  // [out, in / groups]
    auto const means = input_mean.view({l.groups, 1, -1})
                           .expand({l.groups, per_input.size(0) / l.groups, per_input.size(1)})
                           .reshape(per_input.sizes());
    return (per_input * means).sum(1);
}

/// One scale for each value. A max pool keeps the scale of what it reads. A residual and the sum that replaces it share
/// one, the larger, where both are u8: adding then needs no conversion, which is worth 2 % of a forward pass and costs
/// no accuracy. In a stage of a ResNet that goes from block to block.
std::vector<float> value_scales(graph const& network, calibration const& seen, calibration_method method) {
    auto const is_unsigned = unsigned_values(network);
    std::vector<std::size_t> group(seen.size());  // the first value that shares the scale
    std::iota(group.begin(), group.end(), std::size_t{0});
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        auto const& l = network.layers[i];
        auto const residual = static_cast<std::size_t>(l.residual.value_or(0));
        if (l.kind == layer_kind::max_pool) group[i + 1] = group[static_cast<std::size_t>(l.input)];
        if (l.residual && is_unsigned[residual] && is_unsigned[i + 1]) group[i + 1] = group[residual];
    }
    std::vector<float> largest(seen.size(), 0.0F);
    for (std::size_t v = 0; v < seen.size(); ++v) {
        int const levels = is_unsigned[v] ? unsigned_levels : signed_levels;
        largest[group[v]] = std::max(largest[group[v]], activation_scale(seen[v], method, levels));
    }
    std::vector<float> scales;
    for (std::size_t v = 0; v < seen.size(); ++v) scales.push_back(largest[group[v]]);
    return scales;
}

graph quantize_with(graph const& network, calibration const& seen, calibration_method method, bool correct_bias) {
    graph q = network;
    q.quantized = true;
    auto const scales = value_scales(network, seen, method);
    for (std::size_t i = 0; i < q.layers.size(); ++i) {
        layer& l = q.layers[i];
        if (!l.weight.is_defined()) continue;
        auto const input = static_cast<std::size_t>(l.input);
        l.int8 = quantize_weight(l.weight, method);
        l.int8->input_scale = scales[input];
        l.int8->output_scale = l.kind == layer_kind::linear ? 0.0F : scales[i + 1];
        if (!correct_bias) continue;
        auto const lost = lost_mean(l, model::float_weight(*l.int8), seen[input].channel_mean);
        l.bias = from_torch((to_torch(l.bias).to(at::kDouble) + lost).to(at::kFloat));
    }
    return q;
}

graph without_floats(graph q) {
    for (layer& l : q.layers) l.weight = {};
    return q;
}

}  // namespace

result<quantized_network> quantize(graph const& network, image_set const& images, quantize_options const& options) {
    if (network.quantized) return error(errc::invalid_weights, "the weights are already quantized; use the float ones");
    if (images.size == 0)
        return error(errc::invalid_setting, "no calibration images; provide at least one, preferably 50");
    at::set_num_threads(options.threads);
    image_split const split(images.size, options.held_out_share);
    image_batches const calibrating(images, split.calibration, options);
    image_batches const evaluating(images, split.evaluation, options);
    auto const seen = calibrate(network, calibrating);
    if (!seen) return seen.error();

    quantized_network made;
    made.network = quantize_with(network, *seen, options.method, options.correct_bias);
    made.report.calibration_images = split.calibration.size();
    evaluation report(network);
    report.add(options.method, made.network);
    if (options.compare_methods)
        for (auto const method : all_methods)
            if (method != options.method)
                report.add(method, quantize_with(network, *seen, method, options.correct_bias));
    auto const evaluated = report.run(evaluating);
    if (!evaluated) return evaluated.error();
    report.write(made.report, options.compare_methods);
    made.network = without_floats(std::move(made.network));
    return made;
}

}  // namespace sma::libtorch
