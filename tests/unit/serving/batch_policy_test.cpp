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
        auto const decision = next_batch(r.options, {r.waiting, t0}, now);
        CHECK(decision.batch_size == r.batch_size);
        CHECK(decision.wake_at.has_value() == r.wake_in.has_value());
        if (decision.wake_at && r.wake_in) CHECK(*decision.wake_at == now + *r.wake_in);
    }
}
