// Tests of connections that proxies reuse as nginx and HAProxy do: no request meets a connection that the server
// closes.
#include "bodies.hpp"
#include "checks.hpp"
#include "left_behind.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <csignal>
#include <deque>
#include <random>
#include <thread>

using namespace sma::test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// The upstream side of a proxy: it keeps idle connections and sends each request on one of them, or on a new one. What
/// was sent is not sent again, for it was a POST.
class proxy {
public:
    enum class kind {
        nginx,   ///< `keepalive`: the connection that was used last
        haproxy  ///< `http-reuse safe`: the one that has been idle for longest
    };

    proxy(kind k, std::uint16_t port, milliseconds idle_max) : kind_(k), port_(port), idle_max_(idle_max) {}

    /// Nothing: the connection broke before a whole answer.
    std::optional<http_response> send(std::string_view request) {
        auto link = take();
        try {
            link->send(request);
            auto answer = link->read();
            if (!answer.closes()) idle_.push_back({std::move(link), steady_clock::now()});
            return answer;
        } catch (client_error const&) {
            return std::nullopt;
        }
    }

    std::size_t idle() const { return idle_.size(); }
    std::size_t reused() const { return reused_; }

private:
    struct idle_link {
        std::unique_ptr<connection> link;
        steady_clock::time_point since;
    };

    /// Both have closed by now what has been idle for too long, and what the server has closed.
    std::unique_ptr<connection> take() {
        std::erase_if(idle_, [this](idle_link const& i) {
            return steady_clock::now() - i.since > idle_max_ || i.link->ended(milliseconds(0));
        });
        if (idle_.empty()) return std::make_unique<connection>(port_);
        ++reused_;
        auto const chosen = kind_ == kind::nginx ? idle_.end() - 1 : idle_.begin();
        auto link = std::move(chosen->link);
        idle_.erase(chosen);
        return link;
    }

    kind const kind_;
    std::uint16_t const port_;
    milliseconds const idle_max_;
    std::deque<idle_link> idle_;
    std::size_t reused_ = 0;
};

constexpr milliseconds minute{60'000};

std::string post() { return post_image("/predict", tiny_gif); }

}  // namespace

TEST_CASE("connections are kept for longer than nginx, HAProxy and load balancers reuse them", "[operations]") {
    auto const kind = GENERATE(proxy::kind::nginx, proxy::kind::haproxy);
    // As 60 s and 75 s are to each other.
    server_process const server(narrow({"--idle-timeout-ms", "2500"}));
    proxy p(kind, server.port(), milliseconds(2'000));
    std::mt19937 random(7);
    for (int i = 0; i < 6; ++i) {
        auto const answer = p.send(post());
        REQUIRE(answer);
        CHECK(answer->status == 200);
        std::this_thread::sleep_for(milliseconds(1'000 + random() % 900));
    }
    CHECK(p.reused() >= 3);
}

TEST_CASE("the default is above the minute of load balancers", "[operations]") {
    auto const printed = run_command(server_program().string(), {"config"});
    REQUIRE(printed.status == 0);
    std::string const key = "\nidle_timeout_ms = ";
    auto const at = printed.output.find(key);
    REQUIRE(at != std::string::npos);
    CHECK(std::stoi(printed.output.substr(at + key.size())) > minute.count());
}

TEST_CASE("while the server drains, no request of a proxy is lost, and no connection goes back to its pool",
          "[operations]") {
    auto const kind = GENERATE(proxy::kind::nginx, proxy::kind::haproxy);
    milliseconds const grace(4'000);
    server_process server(narrow({"--drain-grace-ms", std::to_string(grace.count())}));
    proxy p(kind, server.port(), minute);
    // As many connections as requests at a time.
    std::deque<proxy> others;
    for (int i = 0; i < 4; ++i) REQUIRE(others.emplace_back(kind, server.port(), minute).send(post()));
    REQUIRE(p.send(post()));
    CHECK(p.idle() == 1);

    server.signal(SIGTERM);
    REQUIRE(server.wait_for_status("draining"));
    // The proxy has not noticed yet, and sends on what it holds.
    auto const end = steady_clock::now() + grace / 2;
    for (int sent = 0; sent < 20 && steady_clock::now() < end; ++sent) {
        auto const answer = p.send(sent % 2 == 0 ? post() : make_request("GET", "/health"));
        REQUIRE(answer);
        CHECK(answer->closes());
        CHECK(p.idle() == 0);
    }
    for (auto& other : others) {
        auto const answer = other.send(post());
        REQUIRE(answer);
        CHECK(answer->closes());
    }
    CHECK(server.wait_for_exit(patience) == 0);
}
