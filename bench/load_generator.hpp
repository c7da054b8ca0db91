// Open-loop load generator: requests at a constant rate over keep-alive connections, with a record of each outcome.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace sma::bench {

struct load_options {
    unsigned short port = 0;
    double rate = 0;     // requests a second
    double seconds = 5;  // how long they are sent
    double grace = 5;    // after the last planned request, seconds that answers are waited for
    std::size_t connections = 512;
    std::chrono::milliseconds tick{0};  // what is due is sent this often; 0: each request at its own time
};

constexpr int no_answer = 0;  ///< none until the end of the grace
constexpr int lost = -1;      ///< the connection broke before the answer was there

struct record {
    using time_point = std::chrono::steady_clock::time_point;
    time_point planned;
    time_point started;  ///< the beginning of the clock while it waits for a connection
    time_point done;
    int status = no_answer;  ///< of HTTP, or one of the two above
    bool refused = false;    ///< told to try again later (Retry-After), or 503 or 429 in any case
    bool retry_after = false;
};

/// Used on the one thread of its io_context; lives longer than every coroutine in it.
class load_generator {
public:
    /// Sends `requests` in turn.
    load_generator(boost::asio::io_context& io, load_options const& o, std::vector<std::string> requests);
    ~load_generator();

    /// Sends everything, waits for the answers or the end of the grace, then stops the io_context.
    boost::asio::awaitable<void> run();

    record::time_point start() const noexcept { return start_; }
    std::vector<record> const& records() const noexcept { return records_; }

private:
    record::time_point next_tick(record::time_point planned) const;
    struct connection;
    struct answer;
    using connection_ptr = std::shared_ptr<connection>;

    static answer parse_head(std::string const& head, std::size_t& body_bytes);
    void serve_waiting();
    boost::asio::awaitable<void> serve(std::size_t index, connection_ptr c);
    boost::asio::awaitable<answer> ask(connection_ptr c, std::size_t index);

    boost::asio::io_context& io_;
    load_options const o_;
    std::vector<std::string> const requests_;
    std::vector<record> records_;
    std::deque<std::size_t> waiting_;
    std::vector<connection_ptr> idle_;
    std::size_t busy_ = 0;
    std::size_t finished_ = 0;
    record::time_point start_{};
};

}  // namespace sma::bench
