#include "fake_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "eventually.hpp"
#include "scale.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <future>
#include <sstream>

namespace sma::batch::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

seen_request seen(http::request_parser<http::string_body> const& parser) {
    seen_request s;
    auto const& message = parser.get();
    s.method = std::string(message.method_string());
    s.target = std::string(message.target());
    s.body = message.body();
    std::ostringstream head;
    for (auto const& field : message.base()) head << field.name_string() << ": " << field.value() << "\r\n";
    s.head = head.str();
    return s;
}

/// One of the open sockets for as long as this lives.
class registered {
public:
    registered(std::set<tcp::socket*>& all, tcp::socket& one) : all_(all), one_(&one) { all_.insert(one_); }
    ~registered() { all_.erase(one_); }
    registered(registered const&) = delete;
    registered& operator=(registered const&) = delete;

private:
    std::set<tcp::socket*>& all_;
    tcp::socket* one_;
};

/// Bytes that the other side's system has not received yet.
int unacknowledged(tcp::socket& socket) {
    int bytes = 0;
    return ::ioctl(socket.native_handle(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace

std::string text_of(reaction const& r) {
    return r.ahead + "HTTP/1.1 " + std::to_string(r.status) + " X\r\nContent-Type: application/json\r\n" + r.headers +
           "Content-Length: " + std::to_string(r.body.size()) + "\r\n\r\n" + r.body;
}

reaction answer_with(int status, std::string body, std::string headers) {
    reaction r;
    r.status = status;
    r.body = std::move(body);
    r.headers = std::move(headers);
    return r;
}

reaction good_answer() {
    return answer_with(
        200,
        R"({"success": true, "predictions": [{"rank": 1, "class_index": 7, "class_name": "star", )"
        R"("confidence": 0.75}, {"rank": 2, "class_index": 1, "class_name": "circle", "confidence": 0.25}], )"
        R"("meta": {"model": "ResNet-50", "top_k": 2, "filename": null}})",
        "X-Correlation-ID: from-the-server\r\n");
}

reaction error_answer(int status, std::string const& code, std::string headers) {
    return answer_with(status, R"({"success": false, "error": {"code": ")" + code + R"(", "message": "as told"}})",
                       std::move(headers));
}

reaction cut() {
    reaction r;
    r.does = reaction::kind::cut;
    return r;
}

reaction stall() {
    reaction r;
    r.does = reaction::kind::stall;
    return r;
}

fake_server::fake_server(script s)
    : script_(std::move(s)), acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    // A child that inherited the socket would keep the port open when this server is gone.
    ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::jthread([this] { io_.run(); });
}

fake_server::~fake_server() {
    io_.stop();
    thread_.join();
}

std::vector<seen_request> fake_server::requests() const {
    std::lock_guard const lock(mutex_);
    return requests_;
}

asio::awaitable<void> fake_server::accept() {
    for (;;) {
        auto [failed, socket] = co_await acceptor_.async_accept(token);
        if (failed) co_return;
        ++connections_;
        asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
    }
}

reaction fake_server::react(seen_request request) {
    std::lock_guard const lock(mutex_);
    auto const number = static_cast<int>(requests_.size());
    requests_.push_back(std::move(request));
    return script_(requests_.back(), number);
}

void fake_server::say(std::string const& bytes) {
    std::promise<void> said;
    asio::post(io_, [&] {
        boost::system::error_code ignored;
        for (auto* socket : open_) {
            asio::write(*socket, asio::buffer(bytes), ignored);
            sma::test::eventually([&] { return unacknowledged(*socket) == 0; }, sma::test::patience);
        }
        said.set_value();
    });
    said.get_future().wait();
}

asio::awaitable<void> fake_server::serve(tcp::socket socket) {
    registered const here(open_, socket);
    boost::beast::flat_buffer buffer;
    asio::steady_timer timer(io_);
    for (;;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        auto const [no_head, head_bytes] = co_await http::async_read_header(socket, buffer, parser, token);
        if (no_head) co_return;
        if (parser.get().find("X-Early") == parser.get().end()) {
            auto const [no_body, body_bytes] = co_await http::async_read(socket, buffer, parser, token);
            if (no_body) co_return;
        }
        most_at_once_ = std::max(most_at_once_.load(), ++at_once_);
        auto const r = react(seen(parser));
        timer.expires_after(r.after);
        auto const [ignored] = co_await timer.async_wait(token);
        --at_once_;
        if (r.does == reaction::kind::cut || ignored) co_return;
        if (r.does == reaction::kind::stall) {
            timer.expires_after(std::chrono::hours(1));
            auto const [stopped] = co_await timer.async_wait(token);
            if (stopped) co_return;
        }
        auto const text = text_of(r) + r.behind;
        auto const [failed, sent] = co_await asio::async_write(socket, asio::buffer(text), token);
        if (failed) co_return;
        if (r.before_the_body) {
            // As a server does that hangs up politely: what is still sent is read and dropped for a while.
            socket.shutdown(tcp::socket::shutdown_send);
            std::string rest(1 << 16, '\0');
            for (;;) {
                auto const [ended, got] = co_await socket.async_read_some(asio::buffer(rest), token);
                if (ended) co_return;
            }
        }
    }
}

}  // namespace sma::batch::test
