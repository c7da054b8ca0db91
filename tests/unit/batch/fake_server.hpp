// Fake server whose responses a test chooses.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sma::batch::test {

struct seen_request {
    std::string method;
    std::string target;
    std::string body;
    std::string head;  ///< the header lines
};

struct reaction {
    enum class kind { answer, cut, stall };
    kind does = kind::answer;
    int status = 200;
    std::string headers;  ///< lines, each ended by \r\n
    std::string body;
    std::chrono::milliseconds after{0};
    bool before_the_body = false;  ///< answers and closes as soon as the head is there
    std::string ahead;             ///< bytes before the answer
    std::string behind;            ///< and after it, at once
};

reaction answer_with(int status, std::string body, std::string headers = {});
/// What a good answer says: class 7, "star".
reaction good_answer();
/// What goes over the wire.
std::string text_of(reaction const& r);
/// Hangs up without an answer; never answers.
reaction cut();
reaction stall();
reaction error_answer(int status, std::string const& code, std::string headers = {});

/// Listens on 127.0.0.1 until destroyed, on a thread of its own, which calls the script.
class fake_server {
public:
    /// `number` counts the requests from 0.
    using script = std::function<reaction(seen_request const& request, int number)>;

    explicit fake_server(script s);
    ~fake_server();

    std::uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::vector<seen_request> requests() const;
    int connections() const { return connections_; }
    /// Sends what nobody asked for on every open connection. It has arrived when this returns.
    void say(std::string const& bytes);
    /// The most requests that were being answered at one time.
    int most_at_once() const { return most_at_once_; }

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
    reaction react(seen_request request);

    script script_;
    std::set<boost::asio::ip::tcp::socket*> open_;
    boost::asio::io_context io_{1};
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_;
    mutable std::mutex mutex_;
    std::vector<seen_request> requests_;
    std::atomic<int> connections_{0};
    std::atomic<int> at_once_{0};
    std::atomic<int> most_at_once_{0};
    std::jthread thread_;
};

}  // namespace sma::batch::test
