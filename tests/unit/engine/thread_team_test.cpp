#include "engine_runs.hpp"
#include "synthetic_models.hpp"

#include "sma/engine/onednn_engine.hpp"

#include <filesystem>
#include <iterator>
#include <thread>

#include "catch_result.hpp"
#include "eventually.hpp"
#include "scale.hpp"

using namespace sma;
using namespace sma::test;

namespace {

std::ptrdiff_t threads_of_this_process() {
    std::filesystem::directory_iterator const tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

}  // namespace

TEST_CASE("thread team: a released team's threads end, and the next forward pass starts new ones", "[thread_team]") {
    auto const graph = model::build_graph(make_state_dict(narrowed(resnet18(), 8, 7))).value();
    auto const images = make_images(1, 64, 64, 5);
    engine::onednn_options const options{
        .precision = engine::precision::fp32, .force = true, .threads = 3, .height = 64, .width = 64};
    auto const e = engine::create_onednn_engine(graph, options).value();
    // A thread of its own, because what other tests did left this one with a team.
    std::thread([&] {
        auto const before = threads_of_this_process();
        auto const first = run_engine(*e, images);
        CHECK(threads_of_this_process() > before);
        e->release_thread();
        CHECK(eventually([&] { return threads_of_this_process() <= before; }, patience));
        auto const second = run_engine(*e, images);
        CHECK(first.equal(second));
        e->release_thread();
    }).join();
}
