// Tests of clients that reset the connection, or close their half of it, in every state that a connection has.
#include "bodies.hpp"
#include "checks.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

using namespace sma::test;

namespace {

std::string const upload_head =
    "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/gif\r\nContent-Length: 1000\r\n";

/// How a new connection is brought into a state, and what comes back after the client has closed its half: the statuses
/// of whole answers, in their order.
struct state {
    char const* name;
    std::function<void(connection&)> reach;
    std::vector<int> answers;
};

void fill_with_answers(connection& client) {
    int const small = 64 * 1024;
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    std::string requests;
    for (int i = 0; i < 400; ++i) requests += make_request("GET", "/openapi.json");
    client.send(requests);
}

std::vector<state> const& states() {
    auto const send = [](std::string bytes) {
        return [bytes = std::move(bytes)](connection& client) { client.send(bytes); };
    };
    static std::vector<state> const all{
        {"connected", [](connection&) {}, {}},
        {"an empty line", send("\r\n"), {}},
        {"half a header", send("GET /health HTTP/1.1\r\nHos"), {}},
        {"invited to send",
         [](connection& client) {
             client.send(upload_head + "Expect: 100-continue\r\n\r\n");
             REQUIRE(client.read().status == 100);
         },
         {}},
        {"half a body", send(upload_head + "\r\n" + std::string(500, 'x')), {}},
        {"half a chunk",
         send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/gif\r\nTransfer-Encoding: "
              "chunked\r\n\r\n400\r\nhalf"),
         {}},
        {"half a form",
         send([] {
             auto const whole = post_form("/predict", {{"file", "a.gif", std::string(tiny_gif)}});
             return whole.substr(0, whole.size() - 20);
         }()),
         {}},
        {"the rest of a refused body is dropped",
         [](connection& client) {
             client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome");
             REQUIRE(client.read().status == 404);
         },
         {}},
        {"a prediction is under way", send(post_image("/predict", sample_bytes())), {200}},
        {"two predictions are pipelined",
         send(post_image("/predict", sample_bytes()) + post_image("/predict", tiny_gif)),
         {200, 200}},
        {"answered and idle",
         [](connection& client) { REQUIRE(client.ask(make_request("GET", "/health")).status == 200); },
         {}},
        {"an answer that ends the connection has been sent", send("rubbish\r\n\r\n"), {400}},
        {"answers that nobody reads fill every buffer", fill_with_answers, std::vector<int>(400, 200)},
    };
    return all;
}

}  // namespace

TEST_CASE("a reset in every state", "[hostile]") {
    auto const& server = shared_server();
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    unchanged const before(server);
    for (auto const& s : states()) {
        INFO(s.name);
        for (int i = 0; i < 6; ++i) {
            connection client(server.port());
            s.reach(client);
            // The server is then here or there in the state, or behind it.
            std::this_thread::sleep_for(std::chrono::milliseconds(i * i));
            client.reset();
        }
        REQUIRE(server.get("/health").status == 200);
    }
    before.require(16 * mebibyte);
}

TEST_CASE("a server that is told so takes a client that closes its half for gone", "[hostile]") {
    server_process const server(narrow({"--allow-half-close=false"}));
    unchanged const before(server);
    connection client(server.port());
    std::vector<form_file> const files(32, {"file", "a.bmp", make_bmp(800, 800)});
    client.send(post_form("/predict", files));
    client.finish_sending();
    CHECK(client.read_to_end().empty());
    CHECK(server.metrics().sum("http_requests_total", {"status_code=\"499\"", "endpoint=\"/predict\""}) == 1);
    before.require(64 * mebibyte);
}

TEST_CASE("half of a connection closed in every state: the answers that are owed, and then the other half",
          "[hostile]") {
    auto const& server = shared_server();
    require_prediction(server.ask(post_image("/predict", tiny_gif)), 5);
    unchanged const before(server);
    for (auto const& s : states()) {
        INFO(s.name);
        connection client(server.port());
        s.reach(client);
        client.finish_sending();
        std::size_t read = 0;
        while (!client.ended(std::chrono::milliseconds(patience))) {
            auto const answer = client.read();
            INFO("answer " << read << ": " << answer.body.substr(0, 200));
            REQUIRE(read < s.answers.size());
            REQUIRE(answer.status == s.answers[read]);
            ++read;
        }
        CHECK(read == s.answers.size());
    }
    before.require(16 * mebibyte);
}
