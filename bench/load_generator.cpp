#include "load_generator.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace sma::bench {

namespace asio = boost::asio;
using asio::ip::tcp;
using clock_type = std::chrono::steady_clock;

namespace {

clock_type::duration seconds(double s) {
    return std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(s));
}

}  // namespace

struct load_generator::connection {
    explicit connection(asio::io_context& io) : socket(io) {}
    tcp::socket socket;
    asio::streambuf input;
    bool writing = false;
};

struct load_generator::answer {
    int status = lost;
    bool keep = false;
    bool refused = false;
    bool retry_after = false;
};

load_generator::load_generator(asio::io_context& io, load_options const& o, std::vector<std::string> requests)
    : io_(io),
      o_(o),
      requests_(std::move(requests)),
      records_(static_cast<std::size_t>(std::max(1.0, std::round(o.rate * o.seconds)))) {}

load_generator::~load_generator() = default;

/// What a header says about the body's length and the connection.
load_generator::answer load_generator::parse_head(std::string const& head, std::size_t& body_bytes) {
    answer a;
    a.status = std::atoi(head.c_str() + std::min<std::size_t>(head.size(), 9));
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    a.retry_after = lower.find("\r\nretry-after:") != std::string::npos;
    a.refused = a.status == 503 || a.status == 429 || a.retry_after;
    auto const length = lower.find("\r\ncontent-length:");
    a.keep = length != std::string::npos && lower.find("\r\nconnection: close") == std::string::npos;
    body_bytes = length == std::string::npos ? 0 : std::stoul(lower.substr(length + 17));
    return a;
}

record::time_point load_generator::next_tick(record::time_point planned) const {
    if (o_.tick.count() == 0) return planned;
    clock_type::duration const tick = o_.tick;
    auto const ticks = (planned - start_ + tick - clock_type::duration(1)) / tick;
    return start_ + ticks * tick;
}

asio::awaitable<void> load_generator::run() {
    asio::steady_timer timer(io_);
    start_ = clock_type::now() + std::chrono::milliseconds(50);
    for (std::size_t i = 0; i < records_.size(); ++i) {
        records_[i].planned = start_ + seconds(static_cast<double>(i) / o_.rate);
        auto const due = next_tick(records_[i].planned);
        if (due > clock_type::now()) {
            timer.expires_at(due);
            co_await timer.async_wait(asio::use_awaitable);
        }
        waiting_.push_back(i);
        serve_waiting();
    }
    auto const end = clock_type::now() + seconds(o_.grace);
    while (finished_ < records_.size() && clock_type::now() < end) {
        timer.expires_after(std::chrono::milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
    }
    io_.stop();
}

void load_generator::serve_waiting() {
    while (!waiting_.empty() && (!idle_.empty() || busy_ < o_.connections)) {
        auto const index = waiting_.front();
        waiting_.pop_front();
        connection_ptr c;
        if (!idle_.empty()) {
            c = std::move(idle_.back());
            idle_.pop_back();
        }
        ++busy_;
        asio::co_spawn(io_, serve(index, std::move(c)), asio::detached);
    }
}

asio::awaitable<void> load_generator::serve(std::size_t index, connection_ptr c) {
    auto& r = records_[index];
    r.started = clock_type::now();
    bool const used_before = c != nullptr;
    answer a;
    if (used_before) a = co_await ask(c, index);
    // A connection that was kept may have been closed meanwhile: once more, on a new one.
    if (!used_before || a.status == lost) {
        c = std::make_shared<connection>(io_);
        a = co_await ask(c, index);
    }
    r.status = a.status;
    r.refused = a.refused;
    r.retry_after = a.retry_after;
    r.done = clock_type::now();
    ++finished_;
    --busy_;
    // What the server answered before it was sent whole cannot be used again.
    if (a.keep && !c->writing) {
        idle_.push_back(std::move(c));
    } else {
        boost::system::error_code ignored;
        c->socket.close(ignored);
    }
    serve_waiting();
}

asio::awaitable<load_generator::answer> load_generator::ask(connection_ptr c, std::size_t index) {
    boost::system::error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    if (!c->socket.is_open()) {
        tcp::endpoint const server(asio::ip::address_v4::loopback(), o_.port);
        co_await c->socket.async_connect(server, token);
        if (failed) co_return answer{};
        c->socket.set_option(tcp::no_delay(true), failed);
    }
    c->writing = true;
    asio::async_write(c->socket, asio::buffer(requests_[index % requests_.size()]),
                      [c](boost::system::error_code, std::size_t) { c->writing = false; });
    auto const head_bytes = co_await asio::async_read_until(c->socket, c->input, "\r\n\r\n", token);
    if (failed) co_return answer{};
    std::string const head(asio::buffers_begin(c->input.data()),
                           asio::buffers_begin(c->input.data()) + static_cast<std::ptrdiff_t>(head_bytes));
    c->input.consume(head_bytes);
    std::size_t body_bytes = 0;
    auto a = parse_head(head, body_bytes);
    auto const rest = body_bytes - std::min(body_bytes, c->input.size());
    auto const exactly = asio::transfer_exactly(rest);
    co_await asio::async_read(c->socket, c->input, exactly, token);
    if (failed) co_return answer{};
    c->input.consume(body_bytes);
    co_return a;
}

}  // namespace sma::bench
