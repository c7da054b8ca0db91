#include "engine_runs.hpp"
#include "hand_made_graphs.hpp"
#include "network_plan.hpp"
#include "plain_resnet.hpp"
#include "synthetic_models.hpp"

#include "sma/core/usable_resources.hpp"
#include "sma/engine/onednn_engine.hpp"

#include <ATen/ATen.h>
#include <malloc.h>
#include <omp.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "catch_result.hpp"
#include "data_limit.hpp"
#include "scale.hpp"

using namespace sma;
using namespace sma::test;
using engine::precision;

namespace {

engine::onednn_options small_input(precision p = precision::fp32, int height = 64, int width = 64) {
    return {.precision = p, .force = true, .threads = 2, .height = height, .width = width, .max_batch_size = 4};
}

model::graph small_graph() { return model::build_graph(make_state_dict(narrowed(resnet18(), 8, 7))).value(); }

std::unique_ptr<engine::onednn_engine> small_engine(engine::onednn_options const& o = small_input()) {
    return engine::create_onednn_engine(small_graph(), o).value();
}

/// Nothing ever runs out: the system promises more memory than it has, or a sanitizer has its own allocator.
bool memory_is_overcommitted() {
    int mode = 0;
    std::ifstream("/proc/sys/vm/overcommit_memory") >> mode;
    return under_sanitizer || mode == 1;
}

}  // namespace

TEST_CASE("onednn engine: every member of the family agrees with the plain network", "[onednn_engine]") {
    auto const images = make_images(2, 64, 64, 5);
    for (auto const& m : {narrowed(resnet18(), 16, 7), narrowed(resnet34(), 16, 7), narrowed(resnet50(), 16, 7),
                          narrowed(resnet101(), 16, 7), narrowed(resnet152(), 16, 7),
                          narrowed(resnext50_32x4d(), 32, 7), narrowed(wide_resnet50_2(), 16, 1000)}) {
        auto const weights = make_state_dict(m);
        auto const g = model::build_graph(weights).value();
        INFO(g.architecture);
        auto const expected = plain_forward(weights, images, at::kDouble);
        auto const e = engine::create_onednn_engine(g, small_input()).value();
        CHECK(e->classes() == m.classes);
        CHECK(relative_difference(run_engine(*e, images), expected) < 1e-4);
        auto const bf16 = engine::create_onednn_engine(g, small_input(precision::bf16));
        if (bf16)
            CHECK(relative_difference(run_engine(**bf16, images), expected) < 0.08);
        else
            WARN("skipped: " << bf16.error().message);
    }
}

TEST_CASE("onednn engine: odd input sizes", "[onednn_engine]") {
    auto const weights = make_state_dict(narrowed(resnet50(), 8, 7));
    auto const g = model::build_graph(weights).value();
    for (auto const& [height, width] : {std::pair{160, 256}, std::pair{33, 47}, std::pair{1, 1}}) {
        INFO(height << " x " << width);
        auto const images = make_images(2, height, width, 6);
        auto const e = engine::create_onednn_engine(g, small_input(precision::fp32, height, width)).value();
        CHECK(e->input() == input_format{height, width, element_type::f32, 1.0F});
        CHECK(relative_difference(run_engine(*e, images), plain_forward(weights, images, at::kDouble)) < 1e-4);
    }
}

TEST_CASE("onednn engine: any batch size, forth and back, above the one it was made for too", "[onednn_engine]") {
    auto const weights = make_state_dict(narrowed(resnet18(), 8, 7));
    auto const e = small_engine();
    auto const images = make_images(20, 64, 64, 6);
    auto const expected = plain_forward(weights, images, at::kDouble);
    auto const check = [&](int n) {
        INFO(n);
        CHECK(relative_difference(run_engine(*e, images.narrow(0, 20 - n, n)), expected.narrow(0, 20 - n, n)) < 1e-4);
    };
    for (int const n : {3, 1, 4, 2, 7, 1, 20, 3, 1}) {
        check(n);
        if (n == 2) e->release_memory();
    }
    for (int n = 1; n <= 20; ++n) check(n);
    CHECK(e->memory_use().batch_sizes == 16);
    check(1);
}

TEST_CASE("onednn engine: the arena is what the plan says, grows only, and is given back", "[onednn_engine]") {
    auto const g = small_graph();
    auto const plan = engine::plan_network(g, precision::fp32, 64, 64).value();
    auto const e = small_engine();
    CHECK(e->memory_use().arena == 0);
    auto const images = make_images(6, 64, 64, 7);
    auto const run = [&](int n) { return run_engine(*e, images.narrow(0, 0, n)); };
    run(2);
    CHECK(e->memory_use().arena == engine::plan_arena(plan, 2).bytes);
    auto const six = run(6);
    CHECK(e->memory_use().arena == engine::plan_arena(plan, 6).bytes);
    run(1);
    CHECK(e->memory_use().arena == engine::plan_arena(plan, 6).bytes);
    std::size_t float_weights = 0;
    for (auto const& l : g.layers) float_weights += l.weight.byte_count();
    CHECK(e->memory_use().weights >= float_weights);
    e->release_memory();
    CHECK(e->memory_use().arena == 0);
    CHECK(e->memory_use().scratchpad == 0);
    CHECK(e->memory_use().batch_sizes == 0);
    CHECK(at::equal(run(6), six));
}

TEST_CASE("onednn engine: two engines side by side, on one thread and on two", "[onednn_engine]") {
    auto const images = make_images(3, 64, 64, 8);
    auto const other_weights = make_state_dict(narrowed(resnet50(), 8, 9));
    auto const a = small_engine();
    auto const b = engine::create_onednn_engine(model::build_graph(other_weights).value(), small_input()).value();
    auto const expected_a = run_engine(*a, images);
    auto const expected_b = plain_forward(other_weights, images, at::kDouble);
    CHECK(relative_difference(run_engine(*b, images), expected_b) < 1e-4);
    CHECK(at::equal(run_engine(*a, images), expected_a));
    a->release_memory();  // also empties the library's cache: b must not notice
    CHECK(relative_difference(run_engine(*b, images), expected_b) < 1e-4);
    double worst_b = 0;
    std::thread second([&] {
        for (int i = 0; i < 10; ++i)
            worst_b = std::max(worst_b, relative_difference(run_engine(*b, images), expected_b));
    });
    bool same = true;
    for (int i = 0; i < 10; ++i) same = same && at::equal(run_engine(*a, images), expected_a);
    second.join();
    CHECK(same);
    CHECK(worst_b < 1e-4);
}

TEST_CASE("onednn engine: sizes are prepared on another thread while it runs", "[onednn_engine]") {
    auto const images = make_images(8, 64, 64, 8);
    auto const e = small_engine();
    auto const expected = run_engine(*e, images);
    std::thread other([&] {
        for (int round = 0; round < 3; ++round)
            for (int n = 1; n <= 8; ++n) e->prepare(n);
    });
    bool same = true;
    for (int i = 0; i < 30; ++i) {
        if (i % 10 == 9) e->release_memory();
        int const n = 1 + i % 8;
        same = same && relative_difference(run_engine(*e, images.narrow(0, 0, n)), expected.narrow(0, 0, n)) < 1e-4;
    }
    other.join();
    CHECK(same);
}

TEST_CASE("onednn engine: where memory ends, a new batch size is an error, and works later",
          "[onednn_engine][memory]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator ends the process when memory ends");
        return;
    }
    auto const images = make_images(4, 64, 64, 8);
    auto const e = small_engine();
    auto const alone = run_engine(*e, images.narrow(0, 0, 1));
    limit_data(::getpid(), data_bytes(::getpid()) + (std::size_t{16} << 20));
    bool refused = false;
    try {
        e->prepare(3);
    } catch (engine::out_of_memory const&) {
        refused = true;
    }
    auto const still_alone = run_engine(*e, images.narrow(0, 0, 1));
    limit_data(::getpid(), RLIM_INFINITY);
    CHECK(refused);
    CHECK(at::equal(still_alone, alone));
    e->prepare(3);
    CHECK(relative_difference(run_engine(*e, images.narrow(0, 0, 3)).narrow(0, 0, 1), alone) < 1e-4);
}

TEST_CASE("onednn engine: passes of sizes it has seen take no memory", "[onednn_engine]") {
    auto const images = make_images(4, 64, 64, 8);
    auto const e = small_engine();
    std::vector<std::byte const*> pointers;
    for (int i = 0; i < 4; ++i) pointers.push_back(reinterpret_cast<std::byte const*>(images[i].data_ptr()));
    std::vector<float> logits(4 * 7);
    auto const pass = [&](std::size_t n) { e->infer({pointers.data(), n}, {logits.data(), n * 7}); };
    for (std::size_t const n : {4, 1, 2, 4, 1, 2}) pass(n);
    auto const held = e->memory_use();
    auto const before = mallinfo2();
    std::size_t passes = 0;
    for (int i = 0; i < 50; ++i)
        for (std::size_t const n : {1, 4, 2}) pass(n), ++passes;
    auto const after = mallinfo2();
    // What is free but kept for its thread counts as taken, and may change by a little.
    constexpr std::size_t smallest_block = 32;
    CHECK(after.uordblks < before.uordblks + passes * smallest_block);
    CHECK(after.hblkhd == before.hblkhd);
    CHECK(e->memory_use().arena == held.arena);
    CHECK(e->memory_use().scratchpad == held.scratchpad);
}

TEST_CASE("onednn engine: the caller's number of OpenMP threads stays as it was", "[onednn_engine]") {
    auto o = small_input();
    o.threads = 1;
    auto const e = small_engine(o);
    auto const images = make_images(2, 64, 64, 9);
    int const before = omp_get_max_threads();
    omp_set_num_threads(3);
    run_engine(*e, images);
    CHECK(omp_get_max_threads() == 3);
    omp_set_num_threads(before);
    CHECK(e->describe().threads == 1);
    CHECK(relative_difference(run_engine(*e, images), run_engine(*small_engine(), images)) < 1e-4);
}

TEST_CASE("onednn engine: it says what it is", "[onednn_engine]") {
    auto const e = small_engine();
    CHECK(e->describe().name == "onednn");
    CHECK(e->describe().precision == "fp32");
    CHECK(e->describe().device == "cpu");
    CHECK(e->describe().instruction_set == engine::this_cpu().instruction_set);
    auto const automatic = engine::create_onednn_engine(small_graph(), {}).value();
    CHECK(automatic->describe().precision == (engine::this_cpu().has_fast_bf16 ? "bf16" : "fp32"));
    CHECK(automatic->describe().threads == usable_cpus());
}

TEST_CASE("onednn engine: wrong use is an exception and leaves the engine usable", "[onednn_engine]") {
    auto const e = small_engine();
    auto const images = make_images(1, 64, 64, 9);
    auto const expected = run_engine(*e, images);
    std::vector<float> logits(7);
    std::vector<std::byte const*> const two(2, static_cast<std::byte const*>(images.data_ptr()));
    CHECK_THROWS_AS(e->infer({}, {}), std::invalid_argument);
    CHECK_THROWS_AS(e->infer(two, logits), std::invalid_argument);
    CHECK(at::equal(run_engine(*e, images), expected));
}

TEST_CASE("onednn engine: out of memory is bad_alloc, and a smaller batch works afterwards", "[onednn_engine]") {
    if (memory_is_overcommitted()) {
        WARN("skipped: this system or build never refuses memory");
        return;
    }
    auto const e = small_engine();
    auto const images = make_images(1, 64, 64, 9);
    auto const expected = run_engine(*e, images);
    constexpr std::size_t too_many = std::size_t{1} << 21;
    std::vector<std::byte const*> const pointers(too_many, static_cast<std::byte const*>(images.data_ptr()));
    std::vector<float> logits(too_many * 7);
    CHECK_THROWS_AS(e->infer(pointers, logits), engine::out_of_memory);
    CHECK(relative_difference(run_engine(*e, images), expected) < 1e-6);
    e->release_memory();
    CHECK(relative_difference(run_engine(*e, images), expected) < 1e-6);
}

TEST_CASE("onednn engine: an input that is too small is an error", "[onednn_engine]") {
    graph_maker m(3);
    auto g = m.finish(m.add(0, {.channels = 4, .kernel = 7}), 2);
    g.layers.front().padding = 0;
    auto const e = engine::create_onednn_engine(g, small_input(precision::fp32, 5, 5));
    REQUIRE_FALSE(e);
    CHECK(e.error().code == errc::invalid_setting);
}
