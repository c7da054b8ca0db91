#include "sma/app/health_command.hpp"

#include "sma/app/setting_flags.hpp"
#include "sma/batch/http_get.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

namespace sma::app {
namespace {

constexpr int unhealthy = 1;

int complain(error const& e) {
    std::fprintf(stderr, "simple-model-api: %s\n", e.message.c_str());
    return unhealthy;
}

// Where a server with these settings is reached from this machine.
std::string local_url(settings const& s) {
    auto host = s.host;
    if (host == "0.0.0.0" || host == "*") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return "http://" + host + ":" + std::to_string(s.port);
}

result<batch::server_address> configured_address(std::string const& config_file) {
    auto const s = load_file_and_environment(config_file);
    if (!s) return s.error();
    if (!s->unix_socket.empty()) return batch::parse_server_address("", s->unix_socket);
    return batch::parse_server_address(local_url(*s), "");
}

}  // namespace

health_command::health_command(CLI::App& command) {
    auto* const url = command.add_option("--url", url_, "Server, http://host:port");
    command.add_option("--unix-socket", unix_socket_, "Unix socket of a server, in place of --url")->excludes(url);
    command.add_option("--config", config_file_,
                       "Without --url and --unix-socket: the server of this file of settings and the environment's");
    command.add_option("--timeout-ms", timeout_ms_, "Longest time until the answer")
        ->check(CLI::Range(1, 600'000))
        ->capture_default_str();
}

int health_command::run() const {
    bool const named = !url_.empty() || !unix_socket_.empty();
    auto const address = named ? batch::parse_server_address(url_, unix_socket_) : configured_address(config_file_);
    if (!address) return complain(address.error());
    auto const reply = batch::http_get(*address, "/health", std::chrono::milliseconds(timeout_ms_));
    if (!reply) return complain(reply.error());
    std::printf("%u %s\n", reply->status, reply->body.c_str());
    return reply->status == 200 ? EXIT_SUCCESS : unhealthy;
}

}  // namespace sma::app
