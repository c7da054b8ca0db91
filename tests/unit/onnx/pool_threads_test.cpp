// Tests of the priority of ONNX Runtime's threads.
#include "pool_threads.hpp"

#include "sma/core/this_thread.hpp"

#include "catch.hpp"

#include <chrono>
#include <future>
#include <thread>

using namespace sma;
using onnx::pool_threads;

namespace {

/// Whether the thread that runs it has a low priority.
void report(void* promise) { static_cast<std::promise<bool>*>(promise)->set_value(this_thread_has_low_priority()); }

template <class Function>
void run_at_low_priority(Function const& run) {
    std::thread([&] {
        lower_this_threads_priority();
        run();
    }).join();
}

}  // namespace

TEST_CASE("a pool thread that is added at normal priority starts at once", "[onnx]") {
    pool_threads pool;
    std::promise<bool> is_low;
    auto* const added = pool.add(report, &is_low);
    CHECK(!is_low.get_future().get());
    pool.join(added);
}

TEST_CASE("a pool thread that is added at low priority starts at normal priority, once a pass runs there", "[onnx]") {
    pool_threads pool;
    std::promise<bool> is_low;
    auto answer = is_low.get_future();
    pool_threads::worker* added = nullptr;
    run_at_low_priority([&] {
        CHECK(this_thread_has_low_priority());
        added = pool.add(report, &is_low);
        pool.start_waiting();
    });
    pool.start_waiting();
    CHECK(!answer.get());
    pool.start_waiting();
    pool.join(added);
}

TEST_CASE("a pool thread that never started is forgotten", "[onnx]") {
    pool_threads pool;
    std::promise<bool> is_low;
    run_at_low_priority([&] { pool.join(pool.add(report, &is_low)); });
    pool.start_waiting();
    CHECK(is_low.get_future().wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
}
