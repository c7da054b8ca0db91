#include "hostile_attacks.hpp"

#include "bodies.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <memory>
#include <random>
#include <thread>

namespace sma::test {
namespace {

using stop_flag = std::atomic<bool>;

std::string const upload_head =
    "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n";

/// Again and again, each time on a connection of its own.
template <class Act>
std::function<void(std::uint16_t, stop_flag const&)> again_and_again(Act act) {
    return [act](std::uint16_t port, stop_flag const& stopping) {
        for (unsigned i = 0; !stopping; ++i) {
            try {
                connection client(port);
                act(client, i);
                // Ports that were closed in good order are not free for a minute.
                client.reset();
            } catch (client_error const&) {
            }
        }
    };
}

/// Sends each of these in turn and reads until the server closes.
std::function<void(std::uint16_t, stop_flag const&)> send_each(std::vector<std::string> requests) {
    return again_and_again([requests = std::move(requests)](connection& client, unsigned i) {
        std::thread sender([&] {
            client.try_send(requests[i % requests.size()]);
            client.finish_sending();
        });
        try {
            client.read_to_end();
        } catch (client_error const&) {
        }
        sender.join();
    });
}

/// Two hundred connections that get a byte each, in turn, twenty times a second.
std::function<void(std::uint16_t, stop_flag const&)> drip(std::string const& begin, std::string const& rest) {
    return [begin, rest](std::uint16_t port, stop_flag const& stopping) {
        std::vector<std::unique_ptr<connection>> clients(200);
        std::size_t at = 0;
        while (!stopping) {
            for (auto& client : clients) {
                bool const alive = client && client->try_send(rest.substr(at % rest.size(), 1));
                if (alive) continue;
                client = std::make_unique<connection>(port);
                client->try_send(begin);
            }
            ++at;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    };
}

void idle(std::uint16_t port, stop_flag const& stopping) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::vector<connection> clients;
    auto const count = std::min<rlim_t>(10'000, limit.rlim_cur - 500);
    while (!stopping && clients.size() < count) clients.emplace_back(port);
    while (!stopping) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (auto& client : clients) client.reset();
}

void read_nothing(std::uint16_t port, stop_flag const& stopping) {
    std::string requests;
    for (int i = 0; i < 1'000; ++i) requests += make_request("GET", "/openapi.json");
    std::vector<std::unique_ptr<connection>> clients(50);
    int const small = 4096;
    while (!stopping) {
        for (auto& client : clients) {
            if (client && !client->ended(std::chrono::milliseconds(0))) continue;
            client = std::make_unique<connection>(port);
            ::setsockopt(client->descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
            client->try_send(requests);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

std::string times(int n, std::string const& text) {
    std::string all;
    for (int i = 0; i < n; ++i) all += text;
    return all;
}

void send_random_bytes(connection& client, unsigned i) {
    std::mt19937 random(i);
    std::string bytes(2'000, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    client.try_send(bytes);
    client.finish_sending();
    client.read_to_end();
}

void send_prefix(connection& client, unsigned i) {
    auto const whole = post_form("/predict", {{"file", "a.gif", std::string(tiny_gif)}});
    client.send(std::string_view(whole).substr(0, i % whole.size()));
    client.finish_sending();
    client.read_to_end();
}

void reset_somewhere(connection& client, unsigned i) {
    auto const whole = post_image("/predict", sample_bytes());
    client.send(std::string_view(whole).substr(0, i % 4 * whole.size() / 3));
    if (i % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

std::vector<std::string> smuggling() {
    std::string const post = "POST /predict HTTP/1.1\r\nHost: a\r\n";
    std::string const hidden = "GET /info HTTP/1.1\r\nHost: a\r\n\r\n";
    return {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
            post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + hidden,
            post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
            post + "Content-Length : 5\r\n\r\nhello" + hidden};
}

}  // namespace

std::vector<attack> all_attacks() {
    std::string const name(1'000'000, 'n');
    std::vector<form_file> const parts(10'000, {"note", "", "x"});
    auto const health = make_request("GET", "/health");
    return {
        {"slow headers", drip("GET /", "health")},
        {"slow bodies", drip(upload_head, "body")},
        {"slow readers", read_nothing},
        {"10,000 idle connections", idle},
        {"pipelines of 10,000", send_each({times(10'000, health)})},
        {"half-closed sockets", send_each({"", health, "GET /", upload_head, post_image("/predict", tiny_gif)})},
        {"resets", again_and_again(reset_somewhere)},
        {"random bytes", again_and_again(send_random_bytes)},
        {"prefixes", again_and_again(send_prefix)},
        {"10,000 parts", send_each({post_form("/predict", parts)})},
        {"names of 1 MB", send_each({make_request("GET", "/" + name), make_request("GET", "/health", {{name, "x"}}),
                                     post_form("/predict", {{name, "", "x"}})})},
        {"gigabytes announced",
         send_each({"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n",
                    "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\nx",
                    post_image("/predict", make_png_header(60'000, 60'000))})},
        {"smuggling", send_each(smuggling())},
    };
}

}  // namespace sma::test
