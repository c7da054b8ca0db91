// Tests of the pause before a new worker.
#include "restart_pause.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::isolation;
using namespace std::chrono_literals;

namespace {

steady_time const start{std::chrono::hours(1)};

restart_pause after_failures(int n) {
    restart_pause pause;
    for (int i = 0; i < n; ++i) pause.failed(start);
    return pause;
}

}  // namespace

TEST_CASE("after some failures in a row the next worker is started at once") {
    CHECK(after_failures(0).is_over(start));
    CHECK(after_failures(restart_pause::free_failures).is_over(start));
}

TEST_CASE("after more of them each pause is twice the one before, up to a limit") {
    for (auto const& [failures, pause] : {std::pair{1, 100ms}, {2, 200ms}, {3, 400ms}, {7, 5'000ms}, {500, 5'000ms}}) {
        auto const p = after_failures(restart_pause::free_failures + failures);
        CHECK_FALSE(p.is_over(start + pause - 1ms));
        CHECK(p.is_over(start + pause));
    }
}

TEST_CASE("an image that is decoded ends the row") {
    auto p = after_failures(restart_pause::free_failures + 5);
    p.succeeded();
    p.failed(start + 1h);
    CHECK(p.is_over(start + 1h));
}

TEST_CASE("a worker that cannot be started is followed by a pause at once") {
    restart_pause p;
    p.not_started(start);
    CHECK_FALSE(p.is_over(start));
    CHECK(p.is_over(start + 100ms));
    p.not_started(start);
    CHECK_FALSE(p.is_over(start + 100ms));
}

TEST_CASE("clients are told whole seconds, at least one") {
    auto const p = after_failures(500);
    CHECK(p.seconds_left(start) == 5);
    CHECK(p.seconds_left(start + 3'999ms) == 2);
    CHECK(p.seconds_left(start + 1h) == 1);
}
