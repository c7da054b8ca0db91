// Tests of clients that break off, stall or send garbage: the server keeps nothing of them.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <deque>
#include <memory>
#include <random>
#include <thread>

using namespace sma::test;

namespace {

void leave(connection& client, bool rudely) {
    if (rudely) client.reset();
}

/// The answer to bytes that may be anything: none, or a whole HTTP response.
bool is_plausible(std::string const& answer) { return answer.empty() || answer.starts_with("HTTP/1.1 "); }

}  // namespace

TEST_CASE("every prefix of a request, then nothing", "[hostile]") {
    auto const& server = shared_server();
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    unchanged const before(server);
    auto const form = post_form("/predict", {{"file", "a.gif", std::string(tiny_gif)}});
    auto const bare = post_image("/predict", tiny_gif);
    for (auto const& request : {bare, form}) {
        for (std::size_t length = 0; length < request.size(); ++length) {
            INFO("the first " << length << " of " << request.size() << " bytes");
            connection client(server.port());
            client.send(std::string_view(request).substr(0, length));
            if (length % 3 == 0) client.reset();
            if (length % 3 != 1) continue;
            client.finish_sending();
            auto const answer = client.read_to_end();
            REQUIRE((answer.empty() || answer.starts_with("HTTP/1.1 4")));
        }
    }
    before.require(16 * mebibyte);
}

TEST_CASE("random bytes, and requests with random bytes in them", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    auto const seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    auto const below = [&random](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    auto const valid = post_form("/predict?top_k=3", {{"file", "a.gif", std::string(tiny_gif)}});
    auto const rounds = scaled(600, 150);
    for (int round = 0; round < rounds; ++round) {
        std::string bytes(1 + below(2'000), '\0');
        for (auto& c : bytes) c = static_cast<char>(below(256));
        if (round % 2 == 0) {
            bytes = valid;
            for (auto flips = 1 + below(4); flips > 0; --flips)
                bytes[below(bytes.size())] = static_cast<char>(below(256));
        }
        connection client(server.port());
        client.try_send(bytes);
        client.finish_sending();
        auto const answer = client.read_to_end();
        INFO(round << ": " << Catch::StringMaker<std::string>::convert(bytes));
        REQUIRE(is_plausible(answer));
        // A method or a version may come out that nobody knows: 501, 505. Nothing may fail.
        bool const is_unknown = answer.starts_with("HTTP/1.1 501") || answer.starts_with("HTTP/1.1 505");
        REQUIRE((is_unknown || !answer.starts_with("HTTP/1.1 5")));
    }
    before.require(16 * mebibyte);
}

TEST_CASE("200 clients that send a byte now and then, and leave", "[hostile]") {
    auto const& server = shared_server();
    unchanged const before(server);
    constexpr std::size_t count = 200;
    std::string const head =
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n";
    std::vector<connection> clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.emplace_back(server.port());
        if (i % 2 == 0) clients.back().send(head);
    }
    for (std::size_t turn = 0; turn < 4; ++turn) {
        for (std::size_t i = 0; i < count; ++i)
            clients[i].send(std::string_view(i % 2 == 0 ? "body" : "POST").substr(turn, 1));
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
        if (turn == 1) {
            CHECK(eventually(
                [&] {
                    auto const now = server.metrics();
                    return now.value("open_connections") >= count && now.value("inflight_requests") >= count;
                },
                patience));
            require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
        }
    }
    for (std::size_t i = 0; i < count; ++i) leave(clients[i], i % 4 < 2);
    clients.clear();
    before.require(32 * mebibyte);
}

TEST_CASE("uploads broken off anywhere: in the header, the body, the queue, the forward pass", "[hostile]") {
    auto const& server = shared_server();
    require_prediction(server.ask(post_image("/predict", sample_bytes())), 5);
    unchanged const before(server);
    auto const cancelled_before = server.metrics().value("cancelled_images_total");
    auto const seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    auto const below = [&random](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };

    auto const bytes = sample_bytes("ring-1.jpg");
    auto const request = post_form("/predict", {{"file", "ring.jpg", bytes}});
    auto const head = request.find("\r\n\r\n") + 4;
    std::deque<std::unique_ptr<connection>> open;
    auto const rounds = scaled(1'000, 150);
    for (int round = 0; round < rounds; ++round) {
        // A quarter in the header, a quarter in the body; the rest is whole and waits for its answer until others push
        // it out.
        std::size_t const lengths[] = {below(head), head + below(request.size() - head), request.size(),
                                       request.size()};
        open.push_back(std::make_unique<connection>(server.port()));
        REQUIRE(open.back()->try_send(std::string_view(request).substr(0, lengths[below(4)])));
        if (open.size() < 24) continue;
        if (below(8) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(below(20)));
        auto const victim = open.begin() + static_cast<std::ptrdiff_t>(below(open.size()));
        leave(**victim, below(2) == 0);
        open.erase(victim);
    }
    open.clear();
    before.require(64 * mebibyte);
    CHECK(server.metrics().value("cancelled_images_total") > cancelled_before);
}
