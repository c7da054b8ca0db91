#include "server_process.hpp"

#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace sma::test {
namespace {

constexpr std::string_view plain_announcement = "listening on http://127.0.0.1:";
constexpr std::string_view secure_announcement = "listening on https://127.0.0.1:";

std::vector<std::string> serve_arguments(server_process::options const& o) {
    std::vector<std::string> all{"serve", "--port", std::to_string(o.port)};
    all.insert(all.end(), o.arguments.begin(), o.arguments.end());
    return all;
}

/// Ends the server it holds and takes the program down with it if that does not end well.
class guarded_server {
public:
    ~guarded_server() {
        auto const status = server.stop();
        if (status == 0) return;
        std::fprintf(stderr, "the shared server did not exit with 0 but %d:\n%s\n", status.value_or(-1),
                     server.errors().c_str());
        std::_Exit(EXIT_FAILURE);
    }
    server_process server;
};

}  // namespace

std::filesystem::path server_program() { return std::filesystem::path(SMA_BINARY_DIR) / "simple-model-api"; }

std::filesystem::path sample(std::string_view name) {
    return std::filesystem::path(SMA_SOURCE_DIR) / "conf" / "demo" / "samples" / name;
}

std::string sample_bytes(std::string_view name) { return read_file(sample(name)); }

std::filesystem::path demo_weights() { return std::filesystem::path(SMA_BINARY_DIR) / "demo" / "demo.safetensors"; }

std::filesystem::path narrow_weights() {
    return std::filesystem::path(SMA_BINARY_DIR) / "narrow" / "narrow.safetensors";
}

std::vector<std::string> narrow(std::vector<std::string> more) {
    more.insert(more.end(), {"--weights", narrow_weights().string()});
    return more;
}

server_process::server_process(options const& o)
    : tls_(o.tls),
      process_({o.program, serve_arguments(o), o.environment, folder_ / "out", folder_ / "err", o.socket}),
      port_(wait_for_port()) {
    if (o.wait_until_ready && !wait_for_status("healthy"))
        throw std::runtime_error("the server is not healthy:\n" + output());
}

std::uint16_t server_process::wait_for_port() {
    std::optional<std::uint16_t> port;
    auto const announcement = tls_ ? secure_announcement : plain_announcement;
    eventually(
        [&] {
            auto const text = output();
            auto const at = text.find(announcement);
            auto const end = at == std::string::npos ? at : text.find('\n', at);
            if (end != std::string::npos)
                port = static_cast<std::uint16_t>(
                    std::stoi(text.substr(at + announcement.size(), end - at - announcement.size())));
            return port || process_.wait(std::chrono::milliseconds(0));
        },
        patience);
    if (!port) throw std::runtime_error("the server does not listen:\n" + output() + errors());
    return *port;
}

bool server_process::wait_for_status(std::string_view status) const {
    auto const quoted = "\"" + std::string(status) + "\"";
    return eventually([&] { return get("/health").body.find(quoted) != std::string::npos; }, patience);
}

std::optional<int> server_process::stop() {
    signal(SIGTERM);
    return wait_for_exit(patience);
}

boost::json::value server_process::get_json(std::string_view target) const {
    return boost::json::parse(get(target).body);
}

metrics_reader server_process::metrics() const { return metrics_reader(get("/metrics").body); }

std::string server_process::output() const { return read_file(folder_ / "out"); }

std::string server_process::errors() const { return read_file(folder_ / "err"); }

std::size_t server_process::times_printed(std::string_view text) const {
    auto const printed = output();
    std::size_t times = 0;
    for (auto at = printed.find(text); at != std::string::npos; at = printed.find(text, at + 1)) ++times;
    return times;
}

bool server_process::prints(std::string_view text, std::size_t times) const {
    return eventually([&] { return times_printed(text) >= times; }, patience);
}

std::vector<boost::json::object> server_process::log_lines_of(std::string_view correlation_id) const {
    std::vector<boost::json::object> lines;
    eventually(
        [&] {
            std::istringstream text(output());
            for (std::string line; std::getline(text, line) && !text.eof();)
                if (line.find(correlation_id) != std::string::npos)
                    lines.push_back(boost::json::parse(line).as_object());
            return !lines.empty();
        },
        patience);
    return lines;
}

server_process& shared_server() {
    static guarded_server the_one;
    return the_one.server;
}

}  // namespace sma::test
