#include "serving_fakes.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "catch_result.hpp"

#include <cstdio>
#include <fstream>
#include <stdexcept>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_can_be_limited = false;
#else
constexpr bool memory_can_be_limited = true;
#endif

constexpr std::size_t image_bytes = std::size_t{200} << 20;

/// Takes real memory in proportion to the batch.
struct hungry_engine : fake_engine {
    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        std::vector<std::unique_ptr<char[]>> activations;
        activations.push_back(std::make_unique_for_overwrite<char[]>(images.size() * image_bytes));
        activations.back()[0] = 1;
        fake_engine::infer(images, logits);
    }
};

std::size_t address_space_bytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// In a process of its own: eight images, and memory for one and a half. Returns what is wrong, 0 if nothing.
int serve_eight_with_memory_for_one() {
    only_model_metrics m;
    auto options = batches_of(8);
    options.batch.max_queue_delay = 1h;
    dispatcher d(options, m);
    auto* const engine = new hungry_engine;
    auto const model = model_of(std::unique_ptr<engine::engine>(engine));
    auto const limit = address_space_bytes() + image_bytes + image_bytes / 2;
    rlimit const bound{limit, limit};
    if (setrlimit(RLIMIT_AS, &bound) != 0) return 2;
    auto four = infer(d, model, {1, 2, 3, 4});
    auto four_more = infer(d, model, {5, 6, 7, 8});
    for (auto* answer : {&four, &four_more}) {
        auto const out = answer->get();
        if (!out || out->logits.size() != 4) return 3;
        for (auto const& logits : out->logits)
            if (!logits) return 4;
    }
    if (engine->passes().size() != 8) return 5;
    return m.oom_recoveries_total.Value() == 1 ? 0 : 6;
}

}  // namespace

TEST_CASE("memory for one image, a batch of eight: every image is answered", "[dispatcher][memory]") {
    if (!memory_can_be_limited) {
        WARN("skipped: sanitizers reserve address space, which RLIMIT_AS would count");
        return;
    }
    std::fflush(nullptr);
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(serve_eight_with_memory_for_one());
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("after running out of memory the next batches are of the size that worked", "[dispatcher]") {
    only_model_metrics m;
    manual_clock clock;
    gate hold;
    auto options = batches_of(8);
    options.now = clock.reader();
    dispatcher d(options, m);
    auto* const engine = new fake_engine([&](auto const& b) {
        if (b.front() == 0) hold.pass();
        if (b.size() > 4) throw engine::out_of_memory("no room");
    });
    auto const model = model_of(std::unique_ptr<engine::engine>(engine));
    auto first = infer(d, model, {0});
    hold.wait_for_visitor();
    auto a = infer(d, model, {1, 2, 3, 4, 5, 6, 7, 8});
    auto b = infer(d, model, {11, 12, 13, 14, 15, 16, 17, 18});
    hold.open();
    CHECK(first.get());
    CHECK(a.get());
    CHECK(b.get());
    CHECK(m.oom_recoveries_total.Value() == 1);
    clock.advance(1h);
    CHECK(infer(d, model, {21, 22, 23, 24, 25, 26, 27, 28}).get());
    CHECK(m.oom_recoveries_total.Value() == 2);
}

TEST_CASE("a failure in one request's image leaves its neighbors and the thread alone", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(4);
    options.batch.max_queue_delay = 1h;
    dispatcher d(options, m);
    auto const model = model_of(std::make_unique<fake_engine>([](auto const& b) {
        for (auto const v : b)
            if (v == 13) throw std::runtime_error("unlucky");
    }));
    auto good = infer(d, model, {1});
    auto mixed = infer(d, model, {2, 13});
    auto bad = infer(d, model, {13});
    CHECK(*good.get()->logits[0] == logits_of(1));
    auto const out = mixed.get();
    REQUIRE(out);
    CHECK(*out->logits[0] == logits_of(2));
    CHECK(out->logits[1].error().code == errc::inference_runtime_error);
    CHECK(bad.get()->logits[0].error().code == errc::inference_runtime_error);
    CHECK(infer(d, model, {3, 4, 5, 6}).get());
    CHECK(m.images_total.Value() == 6);
    CHECK(m.oom_recoveries_total.Value() == 0);
}
