// Tests from float weights to an int8 engine, end to end.
#include "engine_runs.hpp"
#include "network_plan.hpp"
#include "plain_resnet.hpp"
#include "synthetic_models.hpp"

#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/onednn_engine.hpp"
#include "torch_tensors.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using engine::precision;

namespace {

engine::onednn_options small_input(precision p) {
    return {.precision = p, .force = true, .threads = 2, .height = 64, .width = 64, .max_batch_size = 4};
}

}  // namespace

TEST_CASE("int8 engine: synthetic networks stay close to their float selves", "[quantized_engine]") {
    auto const images = make_images(16, 64, 64, 31);
    auto const unseen = make_images(4, 64, 64, 32);
    for (auto const& m :
         {narrowed(resnet18(), 16, 7), narrowed(resnet50(), 16, 7), narrowed(resnext50_32x4d(), 32, 7)}) {
        auto const weights = make_state_dict(m);
        auto const g = model::build_graph(weights).value();
        INFO(g.architecture);
        auto const quantized = libtorch::quantize(g, images_of(images), {}).value().network;
        auto const expected = plain_forward(weights, unseen, at::kDouble);
        auto const e = engine::create_onednn_engine(quantized, small_input(precision::int8)).value();
        CHECK(e->input().element == element_type::s8);
        CHECK(e->describe().precision == "int8");
        CHECK(relative_difference(run_engine(*e, unseen), expected) < 0.1);
        for (int const n : {1, 4, 3})
            CHECK(relative_difference(run_engine(*e, unseen.narrow(0, 0, n)), expected.narrow(0, 0, n)) < 0.1);
        // The same weights where int8 is not wanted.
        auto const in_fp32 = engine::create_onednn_engine(quantized, small_input(precision::fp32)).value();
        CHECK(in_fp32->input().element == element_type::f32);
        CHECK(relative_difference(run_engine(*in_fp32, unseen), expected) < 0.1);
    }
}

TEST_CASE("int8 engine: any batch size; oneDNN runs it in passes whose sizes are powers of two", "[quantized_engine]") {
    auto const images = make_images(11, 64, 64, 33);
    auto const g = model::build_graph(make_state_dict(narrowed(resnet18(), 16, 7))).value();
    auto const quantized = libtorch::quantize(g, images_of(images), {}).value().network;
    auto const e = engine::create_onednn_engine(quantized, small_input(precision::int8)).value();
    std::vector<at::Tensor> alone;
    for (int i = 0; i < 11; ++i) alone.push_back(run_engine(*e, images.narrow(0, i, 1)));
    auto const expected = at::cat(alone);
    for (int const n : {11, 3, 7, 5, 8, 6, 2}) {
        INFO(n);
        CHECK(relative_difference(run_engine(*e, images.narrow(0, 0, n)), expected.narrow(0, 0, n)) < 1e-5);
    }
    if (!engine::this_cpu().has_native_int8) return;
    CHECK(e->memory_use().batch_sizes == 4);
    auto const plan = engine::plan_network(quantized, precision::int8, 64, 64).value();
    CHECK(e->memory_use().arena == engine::plan_arena(plan, 8).bytes);
}

TEST_CASE("int8 engine: float weights are refused with what to do about it", "[quantized_engine]") {
    auto const g = model::build_graph(make_state_dict(narrowed(resnet18(), 8, 7))).value();
    auto const e = engine::create_onednn_engine(g, small_input(precision::int8));
    REQUIRE_FALSE(e);
    CHECK(e.error().code == errc::unsupported);
    CHECK(e.error().message.find("model quantize") != std::string::npos);
}
