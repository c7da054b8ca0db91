#include "service_estimate.hpp"

#include "batch_size_cap.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::serving;
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

auto const t0 = steady_time(1h);

double ms(std::chrono::nanoseconds d) { return std::chrono::duration<double, std::milli>(d).count(); }

}  // namespace

TEST_CASE("before anything was measured a batch takes no time and the rate is zero", "[estimate]") {
    service_estimate const e(8);
    CHECK(e.batch_time(8, t0) == 0ns);
    CHECK(e.rate() == 0);
}

TEST_CASE("a batch takes what batches of its size took, or else what its images would", "[estimate]") {
    service_estimate e(8);
    e.add_pass(8, 40ms, t0);
    CHECK(ms(e.batch_time(8, t0)) == Approx(40));
    CHECK(ms(e.batch_time(1, t0)) == Approx(5));
    e.add_pass(1, 6ms, t0);
    CHECK(ms(e.batch_time(1, t0)) == Approx(6));
    CHECK(ms(e.batch_time(8, t0)) == Approx(40));
}

TEST_CASE("one stall weighs little, and not for long", "[estimate]") {
    service_estimate e(1);
    for (int i = 0; i < 10; ++i) e.add_pass(1, 10ms, t0);
    e.add_pass(1, 30s, t0);
    CHECK(ms(e.batch_time(1, t0)) < 6100);
    for (int i = 0; i < 12; ++i) e.add_pass(1, 10ms, t0);
    CHECK(ms(e.batch_time(1, t0)) < 20);
}

TEST_CASE("what was not measured for a while is not known", "[estimate]") {
    service_estimate e(8);
    e.add_pass(1, 30s, t0);
    CHECK(e.batch_time(1, t0 + estimate_lifetime - 1ms) > 0ns);
    CHECK(e.batch_time(1, t0 + estimate_lifetime) == 0ns);
    e.add_pass(1, 10ms, t0 + estimate_lifetime);
    CHECK(ms(e.batch_time(1, t0 + estimate_lifetime)) == Approx(10));
}

TEST_CASE("the rate follows the last second of work", "[estimate]") {
    service_estimate e(8);
    auto now = t0;
    auto const run = [&](int batches, std::chrono::milliseconds each) {
        for (int i = 0; i < batches; ++i) e.add_interval(8, each, now += each);
    };
    run(1, 40ms);
    CHECK(e.rate() == Approx(200));
    run(10, 40ms);
    CHECK(e.rate() == Approx(200));
    run(50, 80ms);
    CHECK(e.rate() == Approx(100).epsilon(0.05));
    e.add_interval(8, 30s, now += 30s);
    CHECK(e.rate() < 1);
    run(25, 40ms);
    CHECK(e.rate() > 100);
}

TEST_CASE("after running out of memory batches are small for a while", "[estimate]") {
    batch_size_cap cap(8);
    CHECK(cap.at(t0) == 8);
    cap.reduce_to(2, t0);
    CHECK(cap.at(t0) == 2);
    CHECK(cap.at(t0 + cap_growth_interval - 1ms) == 2);
    CHECK(cap.at(t0 + cap_growth_interval) == 4);
    CHECK(cap.at(t0 + cap_growth_interval + 1s) == 4);
    cap.reduce_to(0, t0 + cap_growth_interval + 1s);
    CHECK(cap.at(t0 + cap_growth_interval + 1s) == 1);
    auto later = t0 + cap_growth_interval + 1s;
    for (int i = 0; i < 3; ++i) cap.at(later += cap_growth_interval);
    CHECK(cap.at(later) == 8);
    CHECK(cap.at(later + 10 * cap_growth_interval) == 8);
}
