#include "admission.hpp"

#include "catch_result.hpp"

#include <string>

using namespace sma;
using namespace sma::serving;
using namespace std::chrono_literals;

namespace {

load_view load(std::size_t depth, double rate) { return {depth, 128, 8, rate}; }

}  // namespace

TEST_CASE("the queue takes up to its bound and not one image more", "[admission]") {
    CHECK(admit(load(127, 0), 1, 10s));
    CHECK(admit(load(0, 0), 128, 10s));
    auto const full = admit(load(127, 0), 2, 10s);
    REQUIRE(full.has_error());
    CHECK(full.error().code == errc::queue_full);
    CHECK(full.error().retry_after_s == 1U);
    CHECK(full.error().message.find("128") != std::string::npos);
}

TEST_CASE("a request that never fits says so", "[admission]") {
    auto const refused = admit(load(0, 100), 129, 10s);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::queue_full);
    CHECK(refused.error().message.find("fewer images") != std::string::npos);
}

TEST_CASE("Retry-After is the time that the queue needs, in whole seconds", "[admission]") {
    CHECK(retry_after_s(load(128, 0)) == 1);
    CHECK(retry_after_s(load(0, 100)) == 1);
    CHECK(retry_after_s(load(128, 200)) == 1);
    CHECK(retry_after_s(load(128, 100)) == 2);
    CHECK(retry_after_s(load(128, 64)) == 2);
    CHECK(retry_after_s(load(128, 10)) == 13);
    CHECK(retry_after_s(load(128, 0.5)) == 30);
}

TEST_CASE("a deadline that the images ahead do not leave time for is refused early", "[admission]") {
    // 100 ahead at 80 images a second, itself and a batch of 8 to spare at 100: 1.34 s.
    CHECK(admit(load(100, 100), 1, 1350ms));
    auto const refused = admit(load(100, 100), 1, 1330ms);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::deadline_exceeded);
    CHECK(refused.error().retry_after_s == 1U);
    // With nothing ahead there is no margin to keep.
    CHECK(admit(load(0, 100), 1, 10ms));
    CHECK(admit(load(0, 100), 2, 19ms).has_error());
}

TEST_CASE("a deadline that passed is refused, whatever is known of the rate", "[admission]") {
    CHECK(admit(load(0, 0), 1, 0ms).error().code == errc::deadline_exceeded);
    CHECK(admit(load(0, 100), 1, -1s).error().code == errc::deadline_exceeded);
    CHECK(admit(load(0, 0), 1, 1ns));
}
