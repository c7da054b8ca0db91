// Tests of the features that the engines show beside the logits.
#include "engine_runs.hpp"
#include "synthetic_models.hpp"

#include "sma/engine/onednn_engine.hpp"
#include "sma/libtorch/torch_engine.hpp"
#include "sma/model/quantized_weights.hpp"
#include "torch_tensors.hpp"

#include <ATen/ATen.h>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using engine::precision;

namespace {

constexpr int side = 128;  // feature maps of 4 x 4
std::vector<int> const some_classes{6, 0, 3};

engine::onednn_options options_of(precision p) {
    return {.precision = p, .force = true, .threads = 2, .height = side, .width = side, .max_batch_size = 4};
}

model::graph float_graph() { return model::build_graph(make_state_dict(narrowed(resnet50(), 16, 7))).value(); }

model::graph int8_graph() {
    return libtorch::quantize(float_graph(), images_of(make_images(16, side, side, 41)), {}).value().network;
}

/// Each class's bias for the maps of `some_classes`: what their means lack to the logits.
at::Tensor logits_of_maps(seen_features const& seen, model::graph const& g) {
    auto const classes = at::tensor({6, 0, 3}, at::kLong);
    return seen.maps.mean({2, 3}) + to_torch(g.layers.back().bias).index_select(0, classes);
}

at::Tensor logits_of_classes(seen_features const& seen) {
    return seen.logits.index_select(1, at::tensor({6, 0, 3}, at::kLong));
}

at::Tensor logits_of_embedding(seen_features const& seen, at::Tensor const& weights, model::graph const& g) {
    return at::linear(seen.embedding, weights, to_torch(g.layers.back().bias));
}

}  // namespace

TEST_CASE("features: their sums with the classifier's weights are the logits, for any batch size", "[onednn_engine]") {
    auto const g = float_graph();
    auto const e = engine::create_onednn_engine(g, options_of(precision::fp32)).value();
    CHECK(e->features() == engine::feature_shape{512, 4, 4});
    auto const images = make_images(5, side, side, 42);
    for (int const n : {1, 5, 2}) {
        INFO(n);
        auto const seen = run_with_features(*e, images.narrow(0, 0, n), some_classes);
        CHECK(at::equal(seen.logits, run_engine(*e, images.narrow(0, 0, n))));
        auto const& weights = g.layers.back().weight;
        CHECK(relative_difference(logits_of_embedding(seen, to_torch(weights), g), seen.logits) < 1e-4);
        CHECK(relative_difference(logits_of_maps(seen, g), logits_of_classes(seen)) < 1e-4);
        if (n == 5) e->release_memory();
    }
}

TEST_CASE("features: fp32 agrees with PyTorch's operators", "[onednn_engine]") {
    auto const images = make_images(3, side, side, 43);
    auto const ours = engine::create_onednn_engine(float_graph(), options_of(precision::fp32)).value();
    auto const reference = libtorch::create_torch_engine(float_graph(), {.threads = 2, .height = side, .width = side});
    REQUIRE(reference);
    CHECK((*reference)->features() == ours->features());
    auto const seen = run_with_features(*ours, images, some_classes);
    auto const expected = run_with_features(**reference, images, some_classes);
    CHECK(relative_difference(seen.embedding, expected.embedding) < 1e-4);
    CHECK(relative_difference(seen.maps, expected.maps) < 1e-4);
}

TEST_CASE("features: bf16 is close to fp32", "[onednn_engine]") {
    auto const g = float_graph();
    auto const e = engine::create_onednn_engine(g, options_of(precision::bf16));
    if (!e) {
        WARN("skipped: " << e.error().message);
        return;
    }
    auto const images = make_images(3, side, side, 44);
    auto const seen = run_with_features(**e, images, some_classes);
    CHECK(relative_difference(logits_of_maps(seen, g), logits_of_classes(seen)) < 0.02);
    auto const exact = engine::create_onednn_engine(g, options_of(precision::fp32)).value();
    auto const expected = run_with_features(*exact, images, some_classes);
    CHECK(relative_difference(seen.embedding, expected.embedding) < 0.08);
    CHECK(relative_difference(seen.maps, expected.maps) < 0.08);
}

TEST_CASE("features: int8 is in real units, image by image, however the batch is cut", "[quantized_engine]") {
    auto const g = int8_graph();
    auto const e = engine::create_onednn_engine(g, options_of(precision::int8)).value();
    auto const images = make_images(5, side, side, 45);
    auto const seen = run_with_features(*e, images, some_classes);
    auto const weights = to_torch(model::float_weight(*g.layers.back().int8));
    // The pooled features are what the classifier reads: its sums are exact.
    CHECK(relative_difference(logits_of_embedding(seen, weights, g), seen.logits) < 1e-4);
    // A map is computed of the features before the pool has rounded them.
    CHECK(relative_difference(logits_of_maps(seen, g), logits_of_classes(seen)) < 0.03);
    auto const exact = engine::create_onednn_engine(float_graph(), options_of(precision::fp32)).value();
    auto const expected = run_with_features(*exact, images, some_classes);
    CHECK(relative_difference(seen.embedding, expected.embedding) < 0.15);
    CHECK(relative_difference(seen.maps, expected.maps) < 0.15);
}

TEST_CASE("features: a class that the network does not have is refused, and the engine stays usable",
          "[onednn_engine]") {
    auto const e = engine::create_onednn_engine(float_graph(), options_of(precision::fp32)).value();
    auto const image = make_images(1, side, side, 46);
    CHECK_THROWS_AS(run_with_features(*e, image, {7}), std::invalid_argument);
    CHECK_THROWS_AS(run_with_features(*e, image, {-1}), std::invalid_argument);
    CHECK_NOTHROW(run_with_features(*e, image, {6}));
}
