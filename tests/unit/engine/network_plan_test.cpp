#include "network_plan.hpp"

#include "hand_made_graphs.hpp"
#include "synthetic_models.hpp"

#include <algorithm>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using engine::precision;
using engine::residual_sum;
using engine::value_type;

namespace {

model::graph resnet50_graph() { return model::build_graph(make_state_dict(narrowed(resnet50(), 16, 10))).value(); }

/// The most bytes that are needed at once by any step.
std::size_t largest_live_set(engine::network_plan const& plan, int steps, int images) {
    std::size_t largest = 0;
    for (int step = 0; step <= steps; ++step) {
        std::size_t live = 0;
        for (auto const& b : plan.buffers)
            if (b.first <= step && step <= b.last) live += b.bytes_per_image * static_cast<std::size_t>(images);
        largest = std::max(largest, live);
    }
    return largest;
}

void check_no_overlap(engine::network_plan const& plan, int images) {
    auto const layout = engine::plan_arena(plan, images);
    for (std::size_t a = 0; a < plan.buffers.size(); ++a) {
        auto const& x = plan.buffers[a];
        std::size_t const x_end = layout.offset[a] + x.bytes_per_image * static_cast<std::size_t>(images);
        CHECK(layout.offset[a] % 64 == 0);
        CHECK(x_end <= layout.bytes);
        for (std::size_t b = 0; b < a; ++b) {
            auto const& y = plan.buffers[b];
            bool const both_live = x.first <= y.last && y.first <= x.last;
            bool const apart =
                x_end <= layout.offset[b] ||
                layout.offset[b] + y.bytes_per_image * static_cast<std::size_t>(images) <= layout.offset[a];
            if (both_live && !apart) FAIL_CHECK("buffers " << b << " and " << a << " overlap");
        }
    }
}

}  // namespace

TEST_CASE("network plan: shapes, types and buffers of a ResNet-50", "[network_plan]") {
    auto const g = resnet50_graph();
    auto const plan = engine::plan_network(g, precision::bf16, 224, 224).value();
    REQUIRE(plan.values.size() == g.layers.size() + 1);
    CHECK(plan.values[0].bytes() == 3 * 224 * 224 * 2);
    CHECK(plan.values[1].height == 112);
    CHECK(plan.values[2].height == 56);
    CHECK(plan.values[2].type == value_type::bf16);
    CHECK(plan.values.back().type == value_type::f32);
    CHECK(plan.values.back().channels == 10);
    CHECK(plan.values[plan.values.size() - 3].height == 7);
    // All 16 blocks add in place: the shortcut is read for the last time by the sum.
    CHECK(std::count(plan.residual.begin(), plan.residual.end(), residual_sum::in_place) == 16);
    CHECK(std::count(plan.residual.begin(), plan.residual.end(), residual_sum::copied) == 0);
}

TEST_CASE("network plan: what lives at the same time never overlaps, and little is wasted", "[network_plan]") {
    auto const g = resnet50_graph();
    for (auto const p : {precision::fp32, precision::bf16})
        for (int const images : {1, 3, 8}) {
            auto const plan = engine::plan_network(g, p, 224, 160).value();
            check_no_overlap(plan, images);
            auto const least = largest_live_set(plan, static_cast<int>(g.layers.size()), images);
            auto const taken = engine::plan_arena(plan, images).bytes;
            CHECK(taken >= least);
            CHECK(taken <= least + least / 10 + 4096);
        }
}

TEST_CASE("network plan: a residual that is read again, or is the input, is copied and stays as it was",
          "[network_plan]") {
    graph_maker m(1);
    int const x = m.add(0, {.channels = 3, .relu = true, .residual = 0});
    int const a = m.add(x, {.channels = 3, .relu = true});
    int const b = m.add(a, {.channels = 3, .relu = true, .residual = x});
    auto const g = m.finish(m.add(b, {.channels = 3, .relu = true, .residual = x}), 2);
    auto const plan = engine::plan_network(g, precision::fp32, 8, 8).value();
    CHECK(plan.residual[0] == residual_sum::copied);
    CHECK(plan.residual[1] == residual_sum::none);
    CHECK(plan.residual[2] == residual_sum::copied);
    CHECK(plan.residual[3] == residual_sum::in_place);
    CHECK(plan.values[4].buffer == plan.values[1].buffer);
    CHECK(plan.values[3].buffer != plan.values[1].buffer);
    check_no_overlap(plan, 2);
}

TEST_CASE("network plan: int8 is unsigned after a ReLU and through pools, signed elsewhere", "[network_plan]") {
    graph_maker m(2);
    int const stem = m.add_max_pool(m.add(0, {.channels = 4, .kernel = 3, .relu = true}), 3, 2, 1);
    int const shortcut = m.add(stem, {.channels = 4});
    auto const g = with_whole_numbers(m.finish(m.add(stem, {.channels = 4, .relu = true, .residual = shortcut}), 2));
    auto const plan = engine::plan_network(g, precision::int8, 16, 16).value();
    std::vector<value_type> types;
    for (auto const& v : plan.values) types.push_back(v.type);
    std::vector const expected{value_type::s8, value_type::u8, value_type::u8, value_type::s8,
                               value_type::u8, value_type::u8, value_type::f32};
    bool const as_expected = types == expected;  // glog, which libtorch brings along, makes Catch print vectors badly
    CHECK(as_expected);
    CHECK(plan.values[2].scale == plan.values[1].scale);
    CHECK(plan.values[5].scale == g.layers.back().int8->input_scale);
}

TEST_CASE("network plan: an input of which nothing is left is an error that says so", "[network_plan]") {
    graph_maker m(3);
    auto g = m.finish(m.add(0, {.channels = 4, .kernel = 7, .stride = 2, .relu = true}), 2);
    g.layers.front().padding = 0;
    auto const plan = engine::plan_network(g, precision::fp32, 6, 6);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == errc::invalid_setting);
    CHECK(plan.error().message.find("too small") != std::string::npos);
    CHECK(engine::plan_network(g, precision::fp32, 7, 7));
}

TEST_CASE("network plan: a shortcut of another shape is an error", "[network_plan]") {
    graph_maker m(4);
    int const x = m.add(0, {.channels = 4, .relu = true});
    auto const g = m.finish(m.add(x, {.channels = 8, .relu = true, .residual = x}), 2);
    auto const plan = engine::plan_network(g, precision::fp32, 8, 8);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == errc::invalid_weights);
}
