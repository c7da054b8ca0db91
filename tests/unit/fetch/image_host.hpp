// A host of images for tests: answers each connection as its test says.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sma::fetch::test {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

inline std::string answer(std::string const& status, std::string const& headers, std::string const& body = {}) {
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}
inline std::string image(std::string const& body, std::string const& type = "image/jpeg") {
    return answer("200 OK", "Content-Type: " + type + "\r\n", body);
}

/// Runs on the test's io_context, on 127.0.0.1. What it sends for a target is in `answers`; then the connection ends,
/// unless `keeps_open`, or the target is in `endless`.
class image_host {
public:
    explicit image_host(asio::io_context& io) : io_(io), acceptor_(io, {asio::ip::make_address("127.0.0.1"), 0}) {
        asio::co_spawn(io_, accept(), asio::detached);
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url(std::string const& target, std::string const& host = "photos.test") const {
        return "http://" + host + ":" + std::to_string(port()) + target;
    }
    void close() { acceptor_.close(); }

    std::map<std::string, std::string> answers;
    bool keeps_open = false;            ///< sends its answer and nothing more
    std::string endless;                ///< this target's body never ends
    std::vector<std::string> requests;  ///< whole heads
    std::size_t sent = 0;               ///< bytes of endless bodies

private:
    asio::awaitable<void> accept() {
        for (;;) {
            auto [failed, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
            if (failed) co_return;
            asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
        }
    }
    asio::awaitable<void> serve(tcp::socket socket) {
        std::string head;
        auto into = asio::dynamic_buffer(head);
        auto const [failed, bytes] =
            co_await asio::async_read_until(socket, into, "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
        if (failed) co_return;
        requests.push_back(head);
        auto const target = head.substr(4, head.find(' ', 4) - 4);
        std::string const reply = answers.contains(target) ? answers[target] : answer("404 Not Found", {});
        auto const [unsent, n] =
            co_await asio::async_write(socket, asio::buffer(reply), asio::as_tuple(asio::use_awaitable));
        if (unsent) co_return;
        std::string const more(64 * 1024, 'x');
        while (target == endless) {
            auto const [stopped, size] =
                co_await asio::async_write(socket, asio::buffer(more), asio::as_tuple(asio::use_awaitable));
            if (stopped) co_return;
            sent += size;
        }
        if (!keeps_open) co_return;
        char ignored = 0;
        auto const [ended, none] =
            co_await socket.async_read_some(asio::buffer(&ignored, 1), asio::as_tuple(asio::use_awaitable));
        static_cast<void>(ended);
    }

    asio::io_context& io_;
    tcp::acceptor acceptor_;
};

}  // namespace sma::fetch::test
