// Tests of order: whatever an engine ran before, and whatever runs beside it, an image's logits are to the last bit
// those that a fresh engine gives it alone.
#include "engine_runs.hpp"
#include "hand_made_graphs.hpp"
#include "script_file.hpp"
#include "synthetic_models.hpp"

#include "sma/engine/onednn_engine.hpp"
#include "sma/libtorch/torch_engine.hpp"

#include "torch_tensors.hpp"

#include <unistd.h>

#include <functional>
#include <limits>
#include <random>

#include "catch_result.hpp"
#include "data_limit.hpp"
#include "scale.hpp"

using namespace sma;
using namespace sma::test;
using engine::precision;

namespace {

constexpr int batch_max = 8;
constexpr int height = 33;
constexpr int width = 47;
constexpr std::int64_t good_images = 3;
constexpr std::int64_t bad_images = 4;

using made_engine = result<std::unique_ptr<engine::engine>>;

struct subject {
    std::string name;
    std::function<made_engine()> make;
};

/// Layers of all kinds, some with channels that fill no register.
model::graph float_graph() {
    graph_maker m(16);
    int const stem = m.add_max_pool(m.add(0, {.channels = 16, .kernel = 7, .stride = 2, .relu = true}), 3, 2, 1);
    int const odd = m.add(stem, {.channels = 21, .kernel = 3, .relu = true});
    int const sum = m.add(odd, {.channels = 16, .relu = true, .residual = stem});
    int const shortcut = m.add(sum, {.channels = 32, .stride = 2});
    graph_maker::convolution const last{
        .channels = 32, .kernel = 3, .stride = 2, .groups = 4, .relu = true, .residual = shortcut};
    return m.finish(m.add(sum, last), 7);
}

model::graph int8_graph() {
    auto const images = make_images(8, height, width, 41);
    return libtorch::quantize(float_graph(), images_of(images), {}).value().network;
}

made_engine onednn(model::graph const& g, precision p) {
    auto e = engine::create_onednn_engine(
        g,
        {.precision = p, .force = true, .threads = 2, .height = height, .width = width, .max_batch_size = batch_max});
    if (!e) return e.error();
    return std::unique_ptr<engine::engine>(std::move(*e));
}

libtorch::torch_options torch_options(precision p) {
    libtorch::torch_options o;
    o.precision = p;
    o.threads = 2;
    o.height = height;
    o.width = width;
    return o;
}

std::vector<subject> own_engines() {
    auto const floats = float_graph();
    auto const int8 = int8_graph();
    return {
        {"oneDNN fp32", [floats] { return onednn(floats, precision::fp32); }},
        {"oneDNN bf16", [floats] { return onednn(floats, precision::bf16); }},
        {"oneDNN int8", [int8] { return onednn(int8, precision::int8); }},
    };
}

/// `script` is to outlive them.
std::vector<subject> torch_engines(script_file const& script) {
    auto const floats = float_graph();
    // Each engine would choose a form of its own by measuring, and two forms round differently.
    auto as_saved = torch_options(precision::fp32);
    as_saved.fastest_form = false;
    return {
        {"torch fp32", [floats] { return libtorch::create_torch_engine(floats, torch_options(precision::fp32)); }},
        {"torch bf16", [floats] { return libtorch::create_torch_engine(floats, torch_options(precision::bf16)); }},
        {"TorchScript", [&script, as_saved] { return libtorch::create_torch_engine(script.path, as_saved); }},
    };
}

/// Some good images, then some that would spoil whatever is computed from them.
at::Tensor make_good_and_bad_images() {
    constexpr float inf = std::numeric_limits<float>::infinity();
    std::vector<at::Tensor> all{make_images(good_images, height, width, 42)};
    for (float const value : {std::numeric_limits<float>::quiet_NaN(), inf, -inf, 1e30F})
        all.push_back(at::full({1, height, width, 3}, value));
    return at::cat(all);
}

at::Tensor batch_of(at::Tensor const& images, std::vector<std::int64_t> const& indices) {
    return images.index_select(0, at::tensor(indices));
}

/// What a batch holds that has one image in all its places, in an engine that has run nothing else: at [n - 1][i] for n
/// images and image i.
std::vector<std::vector<at::Tensor>> run_alone(subject const& s, at::Tensor const& images) {
    std::vector<std::vector<at::Tensor>> alone;
    for (std::size_t n = 1; n <= batch_max; ++n) {
        alone.emplace_back();
        for (std::int64_t i = 0; i < good_images; ++i)
            alone.back().push_back(run_engine(**s.make(), batch_of(images, std::vector<std::int64_t>(n, i))));
    }
    return alone;
}

bool same_bits(at::Tensor const& a, at::Tensor const& b) { return at::equal(a.view(at::kInt), b.view(at::kInt)); }

constexpr std::size_t mebibytes(std::size_t n) { return n << 20; }

/// One engine on its way through batches of all sizes and through what may befall it in between.
class course {
public:
    explicit course(engine::engine& e) : engine_(e) {}

    void disturb() {
        switch (below(12)) {
            case 0:
                return engine_.release_memory();
            case 1:
                return run_with(mebibytes(1 + 20 * below(3)), 128);
            case 2:  // of int8's three passes the first is through when memory ends
                engine_.release_memory();
                run_with(mebibytes(64), 4);
                return run_with(mebibytes(16), 7);
            case 3:
                CHECK_THROWS(engine_.infer({}, {}));
        }
    }

    /// Indices of good and some bad images, in any order.
    std::vector<std::int64_t> choose_batch() {
        std::vector<std::int64_t> batch(1 + below(batch_max));
        for (auto& i : batch) i = static_cast<std::int64_t>(below(good_images + 2));
        for (auto& i : batch)
            if (i >= good_images) i = static_cast<std::int64_t>(good_images + below(bad_images));
        return batch;
    }

    int failures() const { return failures_; }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    /// So many black images where there is so much memory left, which may or may not be enough.
    void run_with(std::size_t bytes_left, std::size_t images) {
        std::vector<std::byte> const black(engine_.input().bytes());
        std::vector<std::byte const*> const inputs(images, black.data());
        std::vector<float> logits(images * static_cast<std::size_t>(engine_.classes()));
        if (!under_sanitizer) limit_data(::getpid(), data_bytes(::getpid()) + bytes_left);
        try {
            engine_.infer(inputs, logits);
        } catch (std::bad_alloc const&) {
            ++failures_;
        }
        limit_data(::getpid(), RLIM_INFINITY);
    }

    engine::engine& engine_;
    std::mt19937 random_{6};
    int failures_ = 0;
};

void check_order(subject const& s) {
    INFO(s.name);
    auto const e = s.make();
    if (!e) {
        WARN("skipped: " << e.error().message);
        return;
    }
    auto const images = make_good_and_bad_images();
    auto const alone = run_alone(s, images);
    REQUIRE(alone[0][0].isfinite().all().item<bool>());
    REQUIRE_FALSE(same_bits(alone[0][0], alone[0][1]));
    course way(**e);
    for (int round = 0; round < scaled(100, 40); ++round) {
        way.disturb();
        auto const chosen = way.choose_batch();
        auto const batch = batch_of(images, chosen);
        auto const logits = run_engine(**e, batch);
        INFO("round " << round << ", images " << Catch::Detail::stringify(chosen));
        for (std::size_t place = 0; place < chosen.size(); ++place) {
            if (chosen[place] >= good_images) continue;
            auto const p = static_cast<std::int64_t>(place);
            auto const& expected = alone[chosen.size() - 1][static_cast<std::size_t>(chosen[place])];
            CHECK(same_bits(logits[p], expected[p]));
        }
        CHECK(same_bits(batch, batch_of(images, chosen)));  // which was only read
    }
    CHECK((under_sanitizer || way.failures() > 0));
}

}  // namespace

TEST_CASE("whatever an engine ran before, and whatever runs beside it, an image's logits are its own", "[order]") {
    for (auto const& s : own_engines()) check_order(s);
}

// Not once more for each instruction set: these operators are libtorch's.
TEST_CASE("order: the same of engines on libtorch", "[torch_order]") {
    script_file const script("y");
    for (auto const& s : torch_engines(script)) check_order(s);
}
