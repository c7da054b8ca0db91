#include "health_command.hpp"

#include "complaint.hpp"
#include "setting_flags.hpp"
#include "sma/client/http_get.hpp"
#include "sma/core/local_address.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

namespace sma::app {
namespace {

constexpr int unhealthy = 1;

// The address of a server with these settings, from this machine.
std::string local_url(settings const& s) {
    auto host = s.host;
    if (host == "0.0.0.0" || host == "*") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    auto const* const scheme = s.tls_certificate.empty() ? "http://" : "https://";
    return scheme + host + ":" + std::to_string(s.port);
}

// The admin listener's, which speaks plain HTTP.
result<client::server_address> admin_address(settings const& s) {
    auto const where = local_address::parse(s.admin_listen);
    if (!where)
        return error(errc::invalid_setting,
                     "health: this server requires client certificates: set admin_listen, which does not, or pass "
                     "--url and --client-certificate");
    if (!where->unix_path.empty()) return client::parse_server_address("", where->unix_path);
    return client::parse_server_address("http://" + s.admin_listen, "");
}

result<client::server_address> configured_address(std::string const& config_file) {
    auto const s = load_file_and_environment(config_file);
    if (!s) return s.error();
    if (!s->unix_socket.empty()) return client::parse_server_address("", s->unix_socket);
    if (!s->tls_client_ca.empty()) return admin_address(*s);
    auto address = client::parse_server_address(local_url(*s), "");
    if (!address) return address;
    // The server runs on this machine: its certificate has another name than the address, and there is nobody in
    // between.
    if (auto trusted = trust_blindly(*address); !trusted) return trusted.error();
    return address;
}

}  // namespace

health_command::health_command(CLI::App& command) : tls_(command, "of an https --url") {
    auto* const url = command.add_option("--url", url_, "URL of the server, http://host:port or https://host:port");
    command.add_option("--unix-socket", unix_socket_, "Unix socket of the server, instead of --url")->excludes(url);
    command.add_option("--config", config_file_,
                       "Without --url and --unix-socket: settings file (TOML) of the server to check");
    command.add_option("--timeout-ms", timeout_ms_, "Timeout in milliseconds")
        ->check(CLI::Range(1, 600'000))
        ->capture_default_str();
}

result<client::server_address> health_command::named_address() const {
    auto address = client::parse_server_address(url_, unix_socket_);
    if (!address) return address;
    if (auto secured = tls_.apply(*address); !secured) return secured.error();
    return address;
}

int health_command::run() const {
    bool const named = !url_.empty() || !unix_socket_.empty();
    auto const address = named ? named_address() : configured_address(config_file_);
    if (!address) return complain(address.error(), unhealthy);
    auto const reply = client::http_get(*address, "/health", std::chrono::milliseconds(timeout_ms_));
    if (!reply) return complain(reply.error(), unhealthy);
    std::printf("%u %s\n", reply->status, reply->body.c_str());
    return reply->status == 200 ? EXIT_SUCCESS : unhealthy;
}

}  // namespace sma::app
