// Tests of each fused pattern against the plain operators, in every precision.
#include "engine_runs.hpp"
#include "hand_made_graphs.hpp"
#include "synthetic_models.hpp"

#include "sma/engine/onednn_engine.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <vector>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;

namespace {

struct pattern {
    std::string name;
    model::graph graph;
};

model::graph one_convolution(graph_maker::convolution const& c) {
    graph_maker m(11);
    return m.finish(m.add(0, c), 5);
}

/// A convolution over 16 channels that have been through a ReLU.
model::graph inner_convolution(graph_maker::convolution const& c) {
    graph_maker m(12);
    int const x = m.add(0, {.channels = 16, .kernel = 3, .relu = true});
    return m.finish(m.add(x, c), 5);
}

/// The same over 32 channels, which fill whole vectors of any instruction set.
model::graph wide_convolution(graph_maker::convolution const& c) {
    graph_maker m(16);
    int const x = m.add(0, {.channels = 32, .kernel = 3, .relu = true});
    return m.finish(m.add(x, c), 5);
}

model::graph grouped_by_six() {
    graph_maker m(18);
    int const x = m.add(0, {.channels = 24, .kernel = 3, .relu = true});
    return m.finish(m.add(x, {.channels = 24, .kernel = 3, .groups = 6, .relu = true}), 5);
}

model::graph wide_residual() {
    graph_maker m(17);
    int const x = m.add(0, {.channels = 32, .kernel = 3, .relu = true});
    int const t = m.add(x, {.channels = 16, .relu = true});
    return m.finish(m.add(t, {.channels = 32, .kernel = 3, .relu = true, .residual = x}), 20);
}

/// `shared`: the residual is read once more after the sum, so that the sum must not replace it.
model::graph residual_block(bool shortcut_convolution, bool relu, bool shared) {
    graph_maker m(13);
    int const x = m.add(0, {.channels = 16, .kernel = 3, .relu = true});
    int const shortcut = shortcut_convolution ? m.add(x, {.channels = 16}) : x;
    int const t = m.add(x, {.channels = 8, .relu = true});
    int y = m.add(t, {.channels = 16, .kernel = 3, .relu = relu, .residual = shortcut});
    if (shared) y = m.add(y, {.channels = 16, .relu = true, .residual = shortcut});
    return m.finish(y, 5);
}

std::vector<pattern> patterns() {
    graph_maker pools(14);
    int const pooled =
        pools.add_max_pool(pools.add(0, {.channels = 16, .kernel = 7, .stride = 2, .relu = true}), 3, 2, 1);
    graph_maker of_input(15);
    auto const input_residual =
        of_input.finish(of_input.add(0, {.channels = 3, .kernel = 3, .relu = true, .residual = 0}), 5);
    return {
        {"1x1", one_convolution({.channels = 16})},
        {"1x1 with ReLU", inner_convolution({.channels = 24, .relu = true})},
        {"3x3", inner_convolution({.channels = 16, .kernel = 3})},
        {"3x3 with stride and ReLU", inner_convolution({.channels = 16, .kernel = 3, .stride = 2, .relu = true})},
        {"1x1 with stride", inner_convolution({.channels = 32, .stride = 2})},
        {"groups", inner_convolution({.channels = 32, .kernel = 3, .groups = 4, .relu = true})},
        {"depthwise", inner_convolution({.channels = 16, .kernel = 3, .groups = 16, .relu = true})},
        {"odd channels", inner_convolution({.channels = 21, .kernel = 3, .relu = true})},
        {"3x3 with whole vectors of channels", wide_convolution({.channels = 48, .kernel = 3, .relu = true})},
        {"groups with whole vectors of channels",
         wide_convolution({.channels = 64, .kernel = 3, .groups = 2, .relu = true})},
        {"groups that no tile divides", grouped_by_six()},
        {"one channel a group, sixteen of the output", inner_convolution({.channels = 256, .groups = 16})},
        {"residual around a 3x3 with whole vectors of channels", wide_residual()},
        {"7x7 with stride, then a max pool", pools.finish(pooled, 5)},
        {"identity residual with ReLU", residual_block(false, true, false)},
        {"identity residual without ReLU", residual_block(false, false, false)},
        {"convolved residual with ReLU", residual_block(true, true, false)},
        {"residual that is read again", residual_block(true, true, true)},
        {"residual that is the input", input_residual},
    };
}

std::unique_ptr<engine::onednn_engine> make(model::graph const& g, engine::precision p) {
    auto e = engine::create_onednn_engine(
        g, {.precision = p, .force = true, .threads = 2, .height = 13, .width = 18, .max_batch_size = 3});
    if (!e && e.error().code == errc::unsupported) {
        WARN("skipped: " << e.error().message);
        return nullptr;
    }
    return std::move(e).value();
}

void check_int8(model::graph const& g, at::Tensor const& images) {
    auto const expected = evaluate_int8(g, images);
    REQUIRE(expected.abs().max().item<double>() > 1);
    auto const e = make(g, engine::precision::int8);
    REQUIRE(e);
    auto const largest = std::max(100.0, expected.abs().max().item<double>());
    CHECK((run_engine(*e, images) - expected).abs().max().item<double>() < 1e-6 * largest);
}

}  // namespace

TEST_CASE("onednn patterns: fp32 and bf16 agree with the plain operators", "[onednn_engine]") {
    auto const images = make_images(3, 13, 18, 21);
    for (auto const& p : patterns()) {
        INFO(p.name);
        auto const expected = evaluate(p.graph, images);
        auto const in_fp32 = make(p.graph, engine::precision::fp32);
        CHECK(relative_difference(run_engine(*in_fp32, images), expected) < 1e-5);
        CHECK(relative_difference(run_engine(*in_fp32, images.narrow(0, 1, 1)), expected.narrow(0, 1, 1)) < 1e-5);
        if (auto const e = make(p.graph, engine::precision::bf16))
            CHECK(relative_difference(run_engine(*e, images), expected) < 0.03);
    }
}

TEST_CASE("onednn patterns: int8 is exact to the last bit, rounding and saturation included", "[onednn_engine]") {
    for (auto const& p : patterns()) {
        INFO(p.name);
        check_int8(with_whole_numbers(p.graph), make_whole_images(3, 13, 18, 22));
        check_int8(with_extreme_numbers(p.graph), make_whole_images(3, 13, 18, 22, 127));
    }
}
