// Tests of the prediction cache of the real server.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <csignal>
#include <thread>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

double passes(server_process const& server) { return server.metrics().value("batches_total"); }

}  // namespace

TEST_CASE("without the setting every image is classified", "[operations]") {
    auto const request = post_image("/predict", sample_bytes("cross-1.jpg"));
    auto const before = passes(shared_server());
    for (int i = 0; i < 2; ++i) CHECK_FALSE(shared_server().ask(request).has("Age"));
    CHECK(passes(shared_server()) == before + 2);
}

TEST_CASE("the same bytes are answered from memory, whatever way they come and however many classes", "[operations]") {
    server_process const server(narrow({"--cache-size-mb", "1"}));
    auto const star = sample_bytes();
    auto const first = server.ask(post_image("/predict", star));
    auto const expected = require_prediction(first, 5);
    CHECK_FALSE(first.has("Age"));
    auto const before = passes(server);

    auto const again = server.ask(post_image("/predict", star));
    CHECK(require_prediction(again, 5).at("predictions") == expected.at("predictions"));
    CHECK(std::stoi(again.header("Age")) >= 0);
    CHECK_THAT(again.header("Server-Timing"), ContainsSubstring("infer;dur=0.0"));
    auto const form = server.ask(post_form("/predict?top_k=2", {{"file", "other-name.jpg", star}}));
    CHECK(form.has("Age"));
    auto const two = require_prediction(form, 2);
    CHECK(two.at("meta").at("filename") == "other-name.jpg");
    CHECK(two.at("predictions").as_array()[0] == expected.at("predictions").as_array()[0]);
    CHECK(passes(server) == before);
    CHECK(server.metrics().value("cache_hits_total") == 2);
    CHECK(server.metrics().value("cache_bytes") > 0);

    // One more byte is another image, and of several only the new one is classified.
    auto const mixed = server.ask(post_form("/predict", {{"file", "a.jpg", star}, {"file", "b.jpg", star + "x"}}));
    CHECK(mixed.status == 200);
    CHECK_FALSE(mixed.has("Age"));
    CHECK(passes(server) == before + 1);
    // Errors are not kept.
    for (int i = 0; i < 2; ++i)
        require_error(server.ask(post_image("/predict", "no image")), 415, "UNSUPPORTED_MEDIA_TYPE");
    require_idle(server);
}

TEST_CASE("a reload empties the cache", "[operations]") {
    server_process const server(narrow({"--cache-size-mb", "1"}));
    auto const request = post_image("/predict", sample_bytes());
    server.ask(request);
    REQUIRE(server.ask(request).has("Age"));
    server.signal(SIGHUP);
    REQUIRE(eventually([&] { return server.metrics().value("model_loads_total") == 2; }, patience));
    CHECK(eventually([&] { return server.metrics().value("cache_bytes") == 0; }, patience));
    CHECK_FALSE(server.ask(request).has("Age"));
    CHECK(server.ask(request).has("Age"));
}

TEST_CASE("many clients with one image cost one forward pass", "[operations]") {
    server_process const server(narrow({"--cache-size-mb", "1", "--max-queue-delay-us", "200000"}));
    auto const request = post_image("/predict", sample_bytes("ring-1.jpg"));
    auto const before = server.metrics();
    std::vector<std::thread> clients;
    std::vector<int> statuses(16);
    for (auto& status : statuses) clients.emplace_back([&] { status = ask_once(server.port(), request).status; });
    for (auto& c : clients) c.join();
    for (auto const status : statuses) CHECK(status == 200);
    auto const after = server.metrics();
    CHECK(after.value("images_total") - before.value("images_total") == 1);
    CHECK(after.value("cache_hits_total") + after.value("cache_shared_total") == 15);
    require_idle(server);
}
