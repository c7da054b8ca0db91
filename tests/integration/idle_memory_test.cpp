// What uploads have left with the allocator goes back to the system once nobody uploads any more.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include <catch2/catch.hpp>

using namespace sma::test;

namespace {

int times_returned(server_process const& server) {
    auto const log = server.output();
    int times = 0;
    for (auto at = log.find("freed memory returned"); at != std::string::npos;
         at = log.find("freed memory returned", at + 1))
        ++times;
    return times;
}

std::size_t resident_after_returns(server_process const& server, int times) {
    CHECK(eventually([&] { return times_returned(server) == times; }, patience));
    return server.stats().resident_bytes;
}

}  // namespace

TEST_CASE("the tensors that a burst has needed are not kept once it is over", "[operations]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator keeps what is freed");
        return;
    }
    constexpr std::size_t images = 32;
    constexpr std::size_t tensors_bytes = images * 448 * 448 * 3 * sizeof(float);
    server_process server(
        {"--log-level", "debug", "--precision", "fp32", "--crop", "448", "--resize", "448", "--max-batch-size", "1"});
    auto const form = make_form(std::vector<form_file>(images, {"file", "star.jpg", sample_bytes()}));
    REQUIRE(eventually([&] { return times_returned(server) == 1; }, patience));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    auto const before = resident_after_returns(server, 2);
    CHECK(server.ask(make_request("POST", "/predict", form.headers, form.bytes)).status == 200);
    auto const after = resident_after_returns(server, 3);
    INFO("resident before " << before << ", after " << after);
    CHECK(after <= before + tensors_bytes / 4);
}

TEST_CASE("freed memory is returned once after each time of uploads, and not for probes", "[operations]") {
    server_process server({"--log-level", "debug"});
    // One that the load itself has made.
    REQUIRE(eventually([&] { return times_returned(server) == 1; }, patience));
    for (int times = 2; times <= 3; ++times) {
        for (int i = 0; i < 3; ++i) require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
        CHECK(eventually(
            [&] {
                CHECK(server.get("/health").status == 200);
                return times_returned(server) == times;
            },
            patience));
    }
    CHECK(server.stop() == 0);
    CHECK(times_returned(server) == 3);
}
