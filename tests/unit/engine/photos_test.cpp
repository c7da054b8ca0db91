// Tests with real weights and photographs, from the reference data in SMA_SHARED.
#include "engine_runs.hpp"

#include "sma/core/usable_resources.hpp"
#include "sma/engine/onednn_engine.hpp"
#include "sma/libtorch/torch_engine.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weights.hpp"

#include "no_archives.hpp"
#include "torch_tensors.hpp"

#include <algorithm>
#include <optional>

#include "catch_result.hpp"
#include "files.hpp"

using namespace sma;
using namespace sma::test;
using engine::precision;

namespace {

struct photos {
    model::graph graph;
    at::Tensor images;   ///< f32 [100, 224, 224, 3], normalized
    at::Tensor logits;   ///< the reference's
    at::Tensor classes;  ///< i64 [100]: the true ones
};

std::optional<photos> load_photos() {
    auto const shared = shared_folder();
    if (!shared) return std::nullopt;
    photos p;
    p.graph = model::load_graph(*shared / "weights/resnet50-imagenet.safetensors", no_archives).value();
    auto const reference = model::read_safetensors(*shared / "reference/photos.safetensors").value().tensors;
    auto const mean = at::tensor({0.485F, 0.456F, 0.406F});
    auto const deviation = at::tensor({0.229F, 0.224F, 0.225F});
    p.images = ((to_torch(reference.at("crops")).to(at::kFloat) / 255.0F) - mean) / deviation;
    p.logits = to_torch(reference.at("logits")).clone();
    p.classes = to_torch(reference.at("class_index")).to(at::kLong);
    return p;
}

at::Tensor run_in_batches(engine::engine& e, at::Tensor const& images) {
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < images.size(0); first += 8)
        parts.push_back(run_engine(e, images.narrow(0, first, std::min<std::int64_t>(8, images.size(0) - first))));
    return at::cat(parts);
}

std::int64_t same_class(at::Tensor const& a, at::Tensor const& b) {
    return a.argmax(1).eq(b.argmax(1)).sum().item<std::int64_t>();
}

double confidence_drift(at::Tensor const& a, at::Tensor const& b) {
    return (a.softmax(1) - b.softmax(1)).abs().max().item<double>();
}

}  // namespace

TEST_CASE("photos: fp32 gives the reference's logits", "[photos]") {
    auto const p = load_photos();
    if (!p) return;
    auto const e = engine::create_onednn_engine(p->graph, {.precision = precision::fp32}).value();
    auto const got = run_in_batches(*e, p->images);
    CHECK((got - p->logits).abs().max().item<double>() < 1e-3);
    CHECK(same_class(got, p->logits) == 100);
}

TEST_CASE("photos: features in fp32 are PyTorch's", "[photos]") {
    auto const p = load_photos();
    if (!p) return;
    auto const ours = engine::create_onednn_engine(p->graph, {.precision = precision::fp32}).value();
    auto const reference = libtorch::create_torch_engine(p->graph, {.threads = std::max(2, usable_cpus())}).value();
    auto const images = p->images.narrow(0, 0, 8);
    std::vector<int> const classes{2, 162, 999};
    auto const seen = run_with_features(*ours, images, classes);
    auto const expected = run_with_features(*reference, images, classes);
    CHECK(ours->features() == engine::feature_shape{2048, 7, 7});
    CHECK((seen.embedding - expected.embedding).abs().max().item<double>() < 1e-3);
    CHECK((seen.maps - expected.maps).abs().max().item<double>() < 1e-3);
}

TEST_CASE("photos: of two objects side by side each class's map lies on its own", "[photos]") {
    auto const p = load_photos();
    if (!p) return;
    auto const e = engine::create_onednn_engine(p->graph, {.precision = precision::fp32}).value();
    int on_their_own = 0;
    constexpr int pairs = 20;
    for (int i = 0; i < pairs; ++i) {
        auto const middle = p->images.slice(2, 56, 168);
        auto const image = at::cat({middle[2 * i], middle[2 * i + 1]}, 1).unsqueeze(0);
        std::vector<int> const classes{p->classes[2 * i].item<int>(), p->classes[2 * i + 1].item<int>()};
        auto const maps = run_with_features(*e, image, classes).maps.relu();
        auto const columns = maps.sum(2)[0];
        auto const center = columns.matmul(at::arange(7, at::kFloat)) / columns.sum(1);
        auto const peak = columns.argmax(1);
        bool const centers = center[0].item<float>() < 3 && center[1].item<float>() > 3;
        bool const peaks = peak[0].item<int>() < 3 && peak[1].item<int>() > 3;
        on_their_own += centers && peaks ? 1 : 0;
    }
    CHECK(on_their_own >= 16);
}

TEST_CASE("photos: bf16 gives the reference's classes and nearly its confidences", "[photos]") {
    auto const p = load_photos();
    if (!p) return;
    auto const e = engine::create_onednn_engine(p->graph, {.precision = precision::bf16, .force = true});
    if (!e) {
        WARN("skipped: " << e.error().message);
        return;
    }
    auto const got = run_in_batches(**e, p->images);
    CHECK(same_class(got, p->logits) >= 99);
    CHECK(confidence_drift(got, p->logits) <= 0.08);
}

TEST_CASE("photos: int8, calibrated on 50 of them, agrees with the reference on the other 50", "[photos]") {
    auto const p = load_photos();
    if (!p) return;
    // Every other photo calibrates; five of those are the report's.
    auto const calibration = p->images.slice(0, 0, 100, 2);
    libtorch::quantize_options const options{.threads = std::max(2, usable_cpus()), .held_out_share = 0.1};
    auto const quantized = libtorch::quantize(p->graph, images_of(calibration), options).value();
    CHECK(quantized.report.calibration_images == 45);
    CHECK(quantized.report.chosen.images == 5);
    CHECK(quantized.report.chosen.mean_confidence_drift < 0.03);
    auto const e = engine::create_onednn_engine(quantized.network, {.precision = precision::int8}).value();
    auto const got = run_in_batches(*e, p->images.slice(0, 1, 100, 2));
    auto const expected = p->logits.slice(0, 1, 100, 2);
    CHECK(same_class(got, expected) >= 49);
    CHECK(confidence_drift(got, expected) < 0.15);
}
