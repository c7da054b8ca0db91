#include "sma/serving/batch_policy.hpp"

#include "catch_result.hpp"

using namespace sma::serving;
using namespace std::chrono_literals;

TEST_CASE("the batch policy, case by case", "[batch_policy]") {
    auto const t0 = sma::steady_time(1h);
    struct row {
        char const* what;
        batch_options options;
        std::size_t waiting;
        std::chrono::microseconds oldest_waits;
        int batch_size;
        std::optional<std::chrono::microseconds> wake_in;
    };
    auto const rows = std::vector<row>{
        {"nothing waits: nothing to do", {8, 0us}, 0, 0us, 0, {}},
        {"nothing waits, with a delay", {8, 500us}, 0, 0us, 0, {}},
        {"no delay: what is there", {8, 0us}, 1, 0us, 1, {}},
        {"no delay: all that is there", {8, 0us}, 7, 0us, 7, {}},
        {"a full batch", {8, 0us}, 8, 0us, 8, {}},
        {"no more than a full batch", {8, 0us}, 1000, 0us, 8, {}},
        {"a full batch does not wait", {8, 500us}, 8, 0us, 8, {}},
        {"a part waits for company", {8, 500us}, 3, 100us, 0, 400us},
        {"until the delay is over", {8, 500us}, 3, 500us, 3, {}},
        {"and not longer", {8, 500us}, 3, 9000us, 3, {}},
        {"batches of one never wait", {1, 500us}, 1, 0us, 1, {}},
        {"a size below one counts as one", {0, 0us}, 5, 0us, 1, {}},
        {"a negative delay counts as none", {8, -5us}, 2, 0us, 2, {}},
    };
    for (auto const& r : rows) {
        INFO(r.what);
        auto const now = t0 + r.oldest_waits;
        auto const decision = next_batch(r.options, {r.waiting, 0, t0, t0}, now);
        CHECK(decision.batch_size == r.batch_size);
        CHECK(decision.wake_at.has_value() == r.wake_in.has_value());
        if (decision.wake_at && r.wake_in) CHECK(*decision.wake_at == now + *r.wake_in);
    }
}

TEST_CASE("the batch policy waits for images that are being decoded, not for others", "[batch_policy]") {
    auto const t0 = sma::steady_time(1h);
    batch_options const options{8, 0us, 20ms};
    struct row {
        char const* what;
        queue_view queue;
        std::chrono::microseconds now;
        int batch_size;
        std::optional<std::chrono::microseconds> wake_at;
    };
    auto const rows = std::vector<row>{
        {"none are coming: what is there", {3, 0, t0, t0}, 0us, 3, {}},
        {"some are coming", {3, 1, t0, t0}, 5ms, 0, 20ms},
        {"a full batch does not wait for more", {8, 9, t0, t0}, 0us, 8, {}},
        {"only so long", {3, 1, t0, t0}, 20ms, 3, {}},
        {"what waited while the engine was busy waits from when it is free", {3, 1, t0, t0 + 30ms}, 31ms, 0, 50ms},
        {"what came later, from when it came", {3, 1, t0 + 40ms, t0}, 41ms, 0, 60ms},
        {"nothing is ready: nothing to do", {0, 5, t0, t0}, 5ms, 0, {}},
    };
    for (auto const& r : rows) {
        INFO(r.what);
        auto const decision = next_batch(options, r.queue, t0 + r.now);
        CHECK(decision.batch_size == r.batch_size);
        CHECK(decision.wake_at.has_value() == r.wake_at.has_value());
        if (decision.wake_at && r.wake_at) CHECK(*decision.wake_at == t0 + *r.wake_at);
    }
    CHECK(next_batch({8, 0us}, {3, 5, t0, t0}, t0).batch_size == 3);
    CHECK(next_batch({8, 30ms, 20ms}, {3, 5, t0, t0}, t0).wake_at == t0 + 30ms);
}
