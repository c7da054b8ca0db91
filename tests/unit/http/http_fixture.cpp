#include "http_fixture.hpp"

#include "sma/core/logging.hpp"
#include "sma/http/conditional.hpp"
#include "sma/http/error_status.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace sma::http::test {
namespace asio = boost::asio;

namespace {

[[noreturn]] void fail(char const* what) { throw std::runtime_error(what); }

void limit_waits(int fd) {
    timeval const limit{20, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// One for the program: the log may be set up and shut down only while no other thread uses it.
struct quiet_log {
    quiet_log() { sma::log::initialize(sma::log::level::error, sma::log::line_format::text, 1024); }
    ~quiet_log() { sma::log::shut_down(); }
};

std::string describe_parts(http::request& r) {
    std::string out;
    for (auto const& part : r.parts)
        out += part.name + "|" + part.filename + "|" + part.content_type + "|" + part.bytes + "\n";
    return out + r.body;
}

http::response text(std::string body) {
    http::response r;
    r.content_type = "text/plain";
    r.body = std::move(body);
    return r;
}

http::response throw_what(http::request& r) {
    auto const what = r.query_value("what").value_or("");
    if (what == "memory") throw std::bad_alloc();
    if (what == "number") throw 42;
    throw std::runtime_error("secret details");
}

std::string describe(http::request& r) {
    auto const left = std::chrono::duration_cast<std::chrono::seconds>(r.context.deadline - r.received_at).count();
    return r.path + "|" + r.path_parameters["m"] + "|" + r.client + "|" + r.trace_id + "|" + std::to_string(left) +
           "|" + r.context.correlation_id;
}

http::response text_error(sma::error const& e, std::string_view) {
    auto r = text(e.message);
    r.status = http::http_status(e.code);
    r.failure = e.code;
    return r;
}

}  // namespace

std::string answer::header(std::string const& lower_case_name) const {
    auto const it = headers.find(lower_case_name);
    return it == headers.end() ? "" : it->second;
}

std::string answer::code() const {
    std::string const key = "\"code\":\"";
    auto const at = body.find(key);
    if (at == body.npos) return "";
    auto const begin = at + key.size();
    return body.substr(begin, body.find('"', begin) - begin);
}

client::client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    limit_waits(fd_);
    int const on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
}

client::client(std::string const& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    limit_waits(fd_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
}

bool client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

bool client::more() {
    char bytes[16384];
    auto const size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
}

answer client::receive(bool without_body) {
    while (buffer_.find("\r\n\r\n") == buffer_.npos)
        if (!more()) fail("the connection ended before a response");
    answer a;
    auto const end = buffer_.find("\r\n\r\n");
    a.status = std::stoi(buffer_.substr(9, 3));
    for (auto at = buffer_.find("\r\n"); at < end;) {
        auto const begin = at + 2;
        at = buffer_.find("\r\n", begin);
        auto const line = buffer_.substr(begin, at - begin);
        auto name = line.substr(0, line.find(": "));
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return static_cast<char>(std::tolower(c)); });
        a.headers.emplace(name, line.substr(std::min(line.size(), name.size() + 2)));
    }
    buffer_.erase(0, end + 4);
    auto const length = a.header("content-length");
    auto const size = without_body || length.empty() ? std::size_t{0} : std::stoul(length);
    while (buffer_.size() < size)
        if (!more()) fail("the connection ended inside a response");
    a.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return a;
}

bool client::ends() {
    char byte = 0;
    return buffer_.empty() && ::recv(fd_, &byte, 1, 0) == 0;
}

void client::finish_sending() { ::shutdown(fd_, SHUT_WR); }

void client::reset() {
    linger const at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void client::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool eventually(std::function<bool()> const& condition) {
    auto const end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return condition();
}

asio::awaitable<http::response> waiting::handle(http::request& r) {
    ++started;
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    while (!released && !r.context.is_cancelled()) {
        timer.expires_after(2ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    if (r.context.is_cancelled()) ++cancelled;
    ++finished;
    auto done = text("waited");
    co_return done;
}

harness::harness(http::limits const& l)
    : hello_([this](http::request&) {
          ++handled;
          return text("hello");
      }),
      echo_([this](http::request& r) {
          ++handled;
          return text(describe_parts(r));
      }),
      size_([](http::request& r) { return text(std::to_string(r.body.size())); }),
      fail_(throw_what),
      big_([](http::request& r) { return text(std::string(std::stoul(std::string(*r.query_value("bytes"))), 'b')); }),
      tagged_([](http::request& r) {
          auto tagged = text(std::string(5000, 't'));
          tagged.content_type = *r.query_value("type");
          http::apply_etag(tagged, r, "\"tag\"");
          return tagged;
      }),
      describe_([](http::request& r) { return text(describe(r)); }),
      context_(std::make_unique<asio::io_context>(1)),
      io_(context_->get_executor()),
      work_(io_) {
    static quiet_log const log;
    auto const table = make_router();
    server_ = std::make_unique<http::server>(io_, table, l, metrics);
    auto const url = server_->listen("127.0.0.1", 0).value();
    port_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    thread_ = std::thread([this] { context_->run(); });
}

http::router harness::make_router() {
    using http::body_kind;
    using http::verb;
    return http::router({{verb::get, "/hello", body_kind::none, &hello_},
                         {verb::post, "/hello", body_kind::none, &hello_},
                         {verb::post, "/echo", body_kind::upload, &echo_},
                         {verb::post, "/document", body_kind::document, &size_},
                         {verb::get, "/fail", body_kind::none, &fail_},
                         {verb::get, "/big", body_kind::none, &big_},
                         {verb::get, "/tagged", body_kind::none, &tagged_},
                         {verb::get, "/wait", body_kind::none, &wait},
                         {verb::post, "/wait", body_kind::upload, &wait},
                         {verb::post, "/refuse", body_kind::upload, &refuse_},
                         {verb::get, "/open", body_kind::none, &hello_, http::access_rule::open},
                         {verb::get, "/v2/models/{m}", body_kind::none, &describe_}},
                        {{"/v2", text_error}});
}

harness::~harness() {
    if (server_) on_io([this] { server_.reset(); });
    work_.reset();
    wait.released = true;
    if (thread_.joinable()) thread_.join();
}

void harness::destroy_server_first() {
    on_io([this] { context_->stop(); });
    thread_.join();
    server_.reset();
    work_.reset();
    context_.reset();
}

bool harness::gauges_are_zero() {
    return eventually([this] {
        return on_io([this] { return server_->connections() + server_->requests_in_flight(); }) == 0 &&
               metrics.open_connections.Value() == 0 && metrics.inflight_requests.Value() == 0 &&
               metrics.inflight_body_bytes.Value() == 0;
    });
}

double harness::counted(std::string const& method, std::string const& path, std::string const& status) const {
    auto const exposed = metrics.expose();
    for (std::size_t at = exposed.find("http_requests_total{"); at != exposed.npos;
         at = exposed.find("http_requests_total{", at + 1)) {
        auto const line = exposed.substr(at, exposed.find('\n', at) - at);
        bool const fits = line.find("method=\"" + method + "\"") != line.npos &&
                          line.find("endpoint=\"" + path + "\"") != line.npos &&
                          line.find("status_code=\"" + status + "\"") != line.npos;
        if (fits) return std::stod(line.substr(line.find("} ") + 2));
    }
    return 0;
}

std::string get(std::string_view target, std::string_view more_headers) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view more_headers) {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(more_headers) + "\r\n" + std::string(body);
}

std::string multipart(std::initializer_list<std::string_view> contents) {
    std::string out;
    for (auto const content : contents) {
        out +=
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: "
            "image/jpeg\r\n\r\n";
        out += content;
        out += "\r\n";
    }
    return out + "--XX--\r\n";
}

}  // namespace sma::http::test
