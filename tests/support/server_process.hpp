// The real server, started on a free port.
#pragma once

#include "files.hpp"
#include "http_client.hpp"
#include "metrics_reader.hpp"
#include "process.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

/// The program under test.
std::filesystem::path server_program();
/// The sample images of the demo model.
std::filesystem::path sample(std::string_view name);
/// One of them, read.
std::string sample_bytes(std::string_view name = "star-1.jpg");

/// The demo model.
std::filesystem::path demo_weights();
/// The same without the channels that are zero: the same answers, and neither a load nor a forward pass costs much.
std::filesystem::path narrow_weights();
/// The arguments of a server with the latter, for cases that are about neither.
std::vector<std::string> narrow(std::vector<std::string> more = {});

/// `simple-model-api serve --port 0` with more arguments. Killed when destroyed. Belongs to one thread, but for port().
class server_process {
public:
    struct options {
        std::vector<std::string> arguments;
        std::map<std::string, std::string> environment;
        bool wait_until_ready = true;
        std::optional<int> socket{};       ///< to listen on in place of its own
        std::uint16_t port = 0;            ///< 0: a free one
        std::optional<tls_options> tls{};  ///< how to ask it, where the arguments make it speak TLS
        std::filesystem::path program = server_program();
    };

    /// Returns when it listens (and is ready). Throws std::runtime_error with what it printed if it does not.
    explicit server_process(options const& o);
    explicit server_process(std::vector<std::string> arguments = {})
        : server_process(options{std::move(arguments), {}, true, {}, {}}) {}

    std::uint16_t port() const { return port_; }
    pid_t id() const { return process_.id(); }

    /// Polls /health until it says so. False if that takes too long.
    bool wait_for_status(std::string_view status) const;
    void signal(int number) const { process_.signal(number); }
    std::optional<int> wait_for_exit(std::chrono::milliseconds limit) { return process_.wait(limit); }
    /// SIGTERM; the exit status.
    std::optional<int> stop();

    http_response ask(std::string_view request) const {
        return tls_ ? ask_once(port_, *tls_, request) : ask_once(port_, request);
    }
    http_response get(std::string_view target) const { return ask(make_request("GET", target)); }
    boost::json::value get_json(std::string_view target) const;
    metrics_reader metrics() const;
    process_stats stats() const { return stats_of(process_.id()); }

    /// What was printed so far.
    std::string output() const;
    std::string errors() const;
    /// How often `text` is in the output.
    std::size_t times_printed(std::string_view text) const;
    /// Waits until `text` is in the output that often, or more. The log is written by a thread of its own, for which no
    /// answer waits: what an answer has told may be printed later.
    bool prints(std::string_view text, std::size_t times = 1) const;
    /// The log's lines of one request; waits until there is at least one.
    std::vector<boost::json::object> log_lines_of(std::string_view correlation_id) const;

private:
    std::uint16_t wait_for_port();

    std::optional<tls_options> tls_;
    temporary_folder folder_;
    process process_;
    std::uint16_t port_;
};

/// One server with default settings for all cases of this program, started when first asked for. When the program ends
/// it must drain and exit with 0, else the program fails.
server_process& shared_server();

}  // namespace sma::test
