// Server in this process with endpoints that a test can steer, and a client that sends exactly the bytes it is told.
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace sma::http::test {

using namespace std::chrono_literals;
namespace http = sma::http;

/// What a client got. Header names are in lower case.
struct answer {
    int status = 0;
    std::multimap<std::string, std::string> headers;
    std::string body;

    std::string header(std::string const& lower_case_name) const;
    /// The contract's error code in the body, or "".
    std::string code() const;
    std::string id() const { return header("x-correlation-id"); }
};

/// A blocking socket; every wait ends after 20 s. Throws std::runtime_error on failures that a test does not expect.
class client {
public:
    explicit client(std::uint16_t port);
    explicit client(std::string const& unix_path);
    ~client() { close(); }
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    /// False if the server has closed the connection.
    bool send(std::string_view bytes);
    /// The next response; throws if the connection ends before it. `without_body` after HEAD.
    answer receive(bool without_body = false);
    answer ask(std::string_view bytes) {
        send(bytes);
        return receive();
    }
    /// Whether the server closes now, without a reset and without another byte.
    bool ends();
    void finish_sending();
    /// Closes with a reset.
    void reset();
    void close();
    int fd() const noexcept { return fd_; }

private:
    bool more();

    int fd_ = -1;
    std::string buffer_;
};

/// Until it holds, or 10 s have passed.
bool eventually(std::function<bool()> const& condition);

struct answering : http::endpoint {
    std::function<http::response(http::request&)> answer_with;
    explicit answering(std::function<http::response(http::request&)> f) : answer_with(std::move(f)) {}
    boost::asio::awaitable<http::response> handle(http::request& r) override { co_return answer_with(r); }
};

/// Waits until it is released or its client leaves.
struct waiting : http::endpoint {
    std::atomic<int> started{0}, cancelled{0}, finished{0};
    std::atomic<bool> released{false};
    boost::asio::awaitable<http::response> handle(http::request& r) override;
};

struct refusing : http::endpoint {
    sma::result<void> admit(http::request const&) override {
        return sma::error(sma::errc::queue_full, "the queue is full", 7);
    }
    boost::asio::awaitable<http::response> handle(http::request&) override { co_return http::response{}; }
};

/// Starts an I/O thread and a server on a free port of 127.0.0.1.
class harness {
public:
    explicit harness(http::limits const& l = {});
    ~harness();

    /// Runs f on the I/O thread and returns its result.
    template <class F>
    auto on_io(F f) {
        std::promise<decltype(f())> done;
        boost::asio::post(io_, [&] {
            if constexpr (std::is_void_v<decltype(f())>) {
                f();
                done.set_value();
            } else {
                done.set_value(f());
            }
        });
        return done.get_future().get();
    }
    std::uint16_t port() const noexcept { return port_; }
    http::server& server() noexcept { return *server_; }
    std::size_t connections() {
        return on_io([this] { return server_->connections(); });
    }
    bool gauges_are_zero();
    /// Of http_requests_total.
    double counted(std::string const& method, std::string const& path, std::string const& status) const;
    /// The server goes, then everything it used, while the context still has suspended sessions.
    void destroy_server_first();

    sma::metrics metrics;
    waiting wait;
    std::atomic<int> handled{0};

private:
    http::router make_router();

    answering hello_, echo_, size_, fail_, big_, tagged_, describe_;
    refusing refuse_;
    std::unique_ptr<boost::asio::io_context> context_;
    boost::asio::io_context::executor_type io_;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    std::unique_ptr<http::server> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

std::string get(std::string_view target, std::string_view more_headers = "");
std::string post(std::string_view target, std::string_view body, std::string_view more_headers = "");
/// One part named "file" for each content.
std::string multipart(std::initializer_list<std::string_view> contents);
inline constexpr std::string_view multipart_type = "Content-Type: multipart/form-data; boundary=XX\r\n";

}  // namespace sma::http::test
