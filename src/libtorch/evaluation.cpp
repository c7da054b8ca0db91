#include "evaluation.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sma::libtorch {

image_split::image_split(std::size_t images, double held_out_share) {
    constexpr std::size_t least_to_split = 5;
    double const share = images < least_to_split ? 0.0 : std::clamp(held_out_share, 0.0, 0.9);
    // Image i is held out where the number of held-out images up to it steps up.
    auto const held_out_before = [&](std::size_t i) { return std::floor(static_cast<double>(i) * share + 1e-9); };
    for (std::size_t i = 0; i < images; ++i)
        (held_out_before(i + 1) > held_out_before(i) ? evaluation : calibration).push_back(i);
    if (evaluation.empty()) evaluation = calibration;
}

result<at::Tensor> image_batches::load(std::size_t first, std::size_t count) const {
    auto batch = at::empty({static_cast<std::int64_t>(count), images_.height, images_.width, 3}, at::kFloat);
    auto const values = static_cast<std::size_t>(batch[0].numel());
    for (std::size_t i = 0; i < count; ++i) {
        auto const filled = images_.fill(indices_[first + i], std::span(batch.data_ptr<float>() + i * values, values));
        if (!filled) return filled.error();
    }
    return to_network_layout(batch);
}

result<> image_batches::for_each(std::string_view stage, std::function<void(at::Tensor const&)> const& work) const {
    std::size_t const batch = std::max<std::size_t>(1, options_.batch_size);
    for (std::size_t first = 0; first < indices_.size(); first += batch) {
        std::size_t const count = std::min(batch, indices_.size() - first);
        auto const input = load(first, count);
        if (!input) return input.error();
        work(*input);
        if (options_.progress) options_.progress(stage, first + count, indices_.size());
    }
    return {};
}

evaluation::evaluation(model::graph const& network) : network_(network), layers_(network.layers.size()) {}

void evaluation::add(calibration_method method, model::graph const& quantized) {
    candidates_.push_back({{method, 0, 0, 0, 0}, simulate(quantized)});
}

result<> evaluation::run(image_batches const& images) {
    return images.for_each("evaluation", [&](at::Tensor const& input) {
        std::vector<at::Tensor> values(network_.layers.size() + 1);
        auto const expected = run_float(network_, input, [&](std::size_t v, at::Tensor const& x) { values[v] = x; });
        for (auto& c : candidates_) judge(c, input, expected);
        judge_layers(candidates_.front().simulated, values);
    });
}

void evaluation::judge(candidate& c, at::Tensor const& input, at::Tensor const& expected) const {
    auto const got = run_simulated(c.simulated, input);
    auto const classes = expected.argmax(1, true);
    auto const drift = (got.softmax(1) - expected.softmax(1)).gather(1, classes).abs();
    auto& r = c.result;
    r.images += static_cast<std::size_t>(input.size(0));
    r.same_class += static_cast<std::size_t>(got.argmax(1, true).eq(classes).sum().item<std::int64_t>());
    r.mean_confidence_drift += drift.sum().item<double>();  // a sum until write()
    r.max_confidence_drift = std::max(r.max_confidence_drift, drift.max().item<double>());
}

void evaluation::judge_layers(simulated_graph const& g, std::vector<at::Tensor> const& values) {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
        auto const& l = g.network.layers[i];
        if (!l.weight.is_defined()) continue;
        auto const stored = [&](int v) {
            return rounded_as(g, static_cast<std::size_t>(v), values[static_cast<std::size_t>(v)]);
        };
        auto const residual = l.residual ? stored(*l.residual) : at::Tensor();
        auto const got = rounded_as(g, i + 1, run_layer(l, stored(l.input), residual));
        layers_[i].signal += values[i + 1].square().sum(at::kDouble).item<double>();
        layers_[i].noise += (got - values[i + 1]).square_().sum(at::kDouble).item<double>();
    }
}

void evaluation::write(quantization_report& report, bool all_methods) const {
    for (auto const& c : candidates_) {
        agreement a = c.result;
        if (a.images > 0) a.mean_confidence_drift /= static_cast<double>(a.images);
        if (report.compared.empty()) report.chosen = a;
        report.compared.push_back(a);
    }
    if (!all_methods) report.compared.clear();
    constexpr std::size_t listed = 8;
    for (std::size_t i = 0; i < layers_.size(); ++i)
        if (network_.layers[i].weight.is_defined() && layers_[i].noise > 0)
            report.worst_layers.push_back(
                {network_.layers[i].name, 10 * std::log10(layers_[i].signal / layers_[i].noise)});
    std::stable_sort(report.worst_layers.begin(), report.worst_layers.end(),
                     [](auto const& a, auto const& b) { return a.signal_to_noise_db < b.signal_to_noise_db; });
    if (report.worst_layers.size() > listed) report.worst_layers.resize(listed);
}

}  // namespace sma::libtorch
