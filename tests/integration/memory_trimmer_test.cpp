// Test of the memory trimmer: memory of uploads returns to the system once uploads have ended.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

using namespace sma::test;

namespace {

constexpr std::string_view returned = "freed memory returned";

}  // namespace

TEST_CASE("the tensors that a burst has needed are not kept once it is over", "[operations]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator keeps what is freed");
        return;
    }
    constexpr std::size_t images = 32;
    constexpr std::size_t tensors_bytes = images * 448 * 448 * 3 * sizeof(float);
    server_process server(narrow(
        {"--log-level", "debug", "--precision", "fp32", "--crop", "448", "--resize", "448", "--max-batch-size", "1"}));
    auto const form = make_form(std::vector<form_file>(images, {"file", "star.jpg", sample_bytes()}));
    REQUIRE(server.prints(returned));
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    REQUIRE(server.prints(returned, 2));
    auto const before = server.stats().resident_bytes;
    CHECK(server.ask(make_request("POST", "/predict", form.headers, form.bytes)).status == 200);
    REQUIRE(server.prints(returned, 3));
    auto const after = server.stats().resident_bytes;
    INFO("resident before " << before << ", after " << after);
    CHECK(after <= before + tensors_bytes / 4);
}

TEST_CASE("freed memory is returned once after each time of uploads, and not for probes", "[operations]") {
    // Twice what the server waits for before it returns memory, by its own clock.
    server_process server(narrow({"--log-level", "debug", "--idle-timeout-ms", "2000"}));
    // One that the load itself has made.
    REQUIRE(server.prints(returned));
    for (std::size_t times = 2; times <= 3; ++times) {
        // All at once: if the client waited for answers, a machine that stands still would make two such times of one.
        connection client(server.port());
        auto const request = post_image("/predict", sample_bytes());
        client.send(request + request + request);
        for (int i = 0; i < 3; ++i) require_prediction(client.read(), 5);
        CHECK(eventually(
            [&] {
                CHECK(server.get("/health").status == 200);
                return server.times_printed(returned) >= times;
            },
            patience));
        connection probe(server.port());
        CHECK(probe.ask(make_request("GET", "/health")).status == 200);
        CHECK(probe.ended(patience));
        CHECK(server.times_printed(returned) == times);
    }
    CHECK(server.stop() == 0);
    CHECK(server.times_printed(returned) == 3);
}
