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

}  // namespace

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
