#include "archives.hpp"
#include "engine_runs.hpp"
#include "plain_resnet.hpp"
#include "synthetic_models.hpp"

#include "sma/libtorch/torch_engine.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weights.hpp"

#include "torch_tensors.hpp"

#include <ATen/Parallel.h>
#include "catch_result.hpp"
#include "data_limit.hpp"
#include "scale.hpp"

#include <thread>

#include <sys/resource.h>
#include <unistd.h>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

libtorch::torch_options small_input(int height = 64, int width = 64) {
    libtorch::torch_options o;
    o.threads = 2;
    o.height = height;
    o.width = width;
    return o;
}

std::unique_ptr<engine::engine> small_engine(libtorch::torch_options const& o = small_input()) {
    auto g = model::build_graph(make_state_dict(narrowed(resnet50(), 16, 7))).value();
    return libtorch::create_torch_engine(std::move(g), o).value();
}

}  // namespace

TEST_CASE("torch engine: every member of the family agrees with the plain network", "[torch_engine]") {
    at::set_num_threads(2);
    auto const images = make_images(2, 64, 64, 5);
    for (auto const& m : {narrowed(resnet18(), 16, 7), narrowed(resnet34(), 16, 7), narrowed(resnet50(), 16, 7),
                          narrowed(resnet101(), 16, 7), narrowed(resnet152(), 16, 7),
                          narrowed(resnext50_32x4d(), 32, 7), narrowed(wide_resnet50_2(), 16, 1000)}) {
        auto const weights = make_state_dict(m);
        auto g = model::build_graph(weights).value();
        INFO(g.architecture);
        auto const e = libtorch::create_torch_engine(std::move(g), small_input()).value();
        auto const expected = plain_forward(weights, images, at::kDouble);
        CHECK(e->classes() == m.classes);
        CHECK(relative_difference(run_engine(*e, images), expected) < 1e-4);
        // Synthetic weights that make all images alike would prove nothing.
        CHECK(relative_difference(expected[0], expected[1]) > 0.05);
    }
}

TEST_CASE("torch engine: any batch size and input size, forth and back", "[torch_engine]") {
    auto const weights = make_state_dict(narrowed(resnet18(), 8, 7));
    auto const e = libtorch::create_torch_engine(model::build_graph(weights).value(), small_input(65, 97)).value();
    auto const images = make_images(5, 65, 97, 6);
    auto const expected = plain_forward(weights, images, at::kDouble);
    for (int const n : {1, 5, 3, 1, 4}) {
        INFO(n);
        CHECK(relative_difference(run_engine(*e, images.narrow(0, 0, n)), expected.narrow(0, 0, n)) < 1e-4);
        if (n == 3) e->release_memory();
    }
}

TEST_CASE("torch engine: the number of threads holds on whatever thread runs it", "[torch_engine]") {
    auto const images = make_images(2, 64, 64, 7);
    auto o = small_input();
    o.threads = 1;
    auto const one = small_engine(o);
    auto const two = small_engine();
    CHECK(one->describe().threads == 1);
    CHECK(two->describe().threads == 2);
    auto const expected = run_engine(*two, images);
    std::thread([&] {
        CHECK(relative_difference(run_engine(*one, images), expected) < 1e-4);
        CHECK(at::get_num_threads() == 1);
        CHECK(relative_difference(run_engine(*two, images), expected) < 1e-4);
        CHECK(at::get_num_threads() == 2);
    }).join();
}

TEST_CASE("torch engine: bf16 is near fp32", "[torch_engine]") {
    auto o = small_input();
    o.precision = engine::precision::bf16;
    auto const images = make_images(2, 64, 64, 8);
    auto made =
        libtorch::create_torch_engine(model::build_graph(make_state_dict(narrowed(resnet50(), 16, 7))).value(), o);
    if (!made) {
        WARN("skipped: " << made.error().message);
        CHECK(made.error().code == errc::unsupported);
        return;
    }
    CHECK((*made)->describe().precision == "bf16");
    CHECK((*made)->input().element == element_type::bf16);
    CHECK(relative_difference(run_engine(**made, images), run_engine(*small_engine(), images)) < 0.05);
}

TEST_CASE("torch engine: what this machine cannot do is refused with the way out", "[torch_engine]") {
    auto const refused = [](auto change) {
        auto o = small_input();
        change(o);
        auto const made =
            libtorch::create_torch_engine(model::build_graph(make_state_dict(narrowed(resnet18(), 4, 3))).value(), o);
        REQUIRE_FALSE(made);
        CHECK(made.error().code == errc::unsupported);
        return made.error().message;
    };
    CHECK_THAT(refused([](auto& o) { o.precision = engine::precision::fp16; }), ContainsSubstring("use fp32 or bf16"));
    for (auto const p : {engine::precision::automatic, engine::precision::int8})
        CHECK_THAT(refused([p](auto& o) { o.precision = p; }), ContainsSubstring("not one of the torch engine"));
    CHECK_THAT(refused([](auto& o) { o.threads = 0; }), ContainsSubstring("at least 1"));
    if (!libtorch::torch_has_cuda())
        CHECK_THAT(refused([](auto& o) { o.device = libtorch::torch_device::cuda; }),
                   ContainsSubstring("use device cpu"));
}

TEST_CASE("torch engine: int8 weights are not taken for float ones", "[torch_engine]") {
    auto g = model::build_graph(make_state_dict(narrowed(resnet18(), 4, 3))).value();
    g.quantized = true;
    CHECK(libtorch::create_torch_engine(std::move(g), small_input()).error().code == errc::unsupported);
}

TEST_CASE("torch engine: a wrong call throws and the engine stays usable", "[torch_engine]") {
    auto const e = small_engine();
    auto const images = make_images(1, 64, 64, 9);
    auto const before = run_engine(*e, images);
    std::vector<float> logits(7);
    std::byte const* const image = static_cast<std::byte const*>(images.data_ptr());
    CHECK_THROWS_AS(e->infer({}, logits), std::invalid_argument);
    CHECK_THROWS_AS(e->infer({&image, 1}, {logits.data(), 6}), std::invalid_argument);
    CHECK(at::equal(run_engine(*e, images), before));
}

TEST_CASE("torch engine: too little memory is out_of_memory, and a smaller batch works after it", "[torch_engine]") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    WARN("skipped: a sanitizer's allocator ends the process when memory runs out");
    return;
#endif
    auto const e = small_engine(small_input(224, 224));
    auto const images = make_images(1, 224, 224, 10);
    auto const before = run_engine(*e, images);
    std::vector<std::byte const*> const many(1U << 20U, static_cast<std::byte const*>(images.data_ptr()));
    std::vector<float> logits(many.size() * 7);
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_AS, &old) == 0);
    rlimit const tight{std::min<rlim_t>(64ULL << 30U, old.rlim_max), old.rlim_max};  // the batch wants 631 GB
    REQUIRE(::setrlimit(RLIMIT_AS, &tight) == 0);
    CHECK_THROWS_AS(e->infer(many, logits), engine::out_of_memory);
    ::setrlimit(RLIMIT_AS, &old);
    e->release_memory();
    CHECK(at::equal(run_engine(*e, images), before));
}

TEST_CASE("torch engine: where memory ends, a new batch size is an error, and works later", "[torch_engine]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator ends the process when memory ends");
        return;
    }
    auto const images = make_images(3, 64, 64, 10);
    auto const e = small_engine();
    auto const alone = run_engine(*e, images.narrow(0, 0, 1));
    limit_data(::getpid(), data_bytes(::getpid()) + (std::size_t{8} << 20));
    bool refused = false;
    try {
        run_engine(*e, images);
    } catch (engine::out_of_memory const&) {
        refused = true;
    }
    limit_data(::getpid(), RLIM_INFINITY);
    CHECK(refused);
    CHECK(at::equal(run_engine(*e, images.narrow(0, 0, 1)), alone));
    CHECK(relative_difference(run_engine(*e, images).narrow(0, 0, 1), alone) < 1e-4);
}

TEST_CASE("torch engine: real weights on real photos", "[torch_engine][shared]") {
    auto const* shared = std::getenv("SMA_SHARED");
    if (!shared) {
        WARN("skipped: SMA_SHARED is not set, so the real weights and photos are not at hand");
        return;
    }
    std::filesystem::path const root(shared);
    auto o = small_input(224, 224);
    auto const e = libtorch::create_torch_engine(
                       model::load_graph(root / "weights/resnet50-imagenet.safetensors", archives).value(), o)
                       .value();
    auto const photos = model::read_safetensors(root / "reference/photos.safetensors").value();
    auto const mean = at::tensor({0.485, 0.456, 0.406}, at::kFloat);
    auto const deviation = at::tensor({0.229, 0.224, 0.225}, at::kFloat);
    for (std::int64_t const first : {0, 50, 96}) {
        auto const crops = to_torch(photos.tensors.at("crops")).narrow(0, first, 4).to(at::kFloat);
        auto const logits = run_engine(*e, (crops / 255 - mean) / deviation);
        auto const difference =
            (logits - to_torch(photos.tensors.at("logits")).narrow(0, first, 4)).abs().max().item<double>();
        INFO("photos from " << first);
        CHECK(difference < 1e-3);
    }
}
