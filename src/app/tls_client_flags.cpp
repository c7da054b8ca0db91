#include "tls_client_flags.hpp"

#include <CLI/CLI.hpp>

namespace sma::app {
namespace {

result<void> secure(client::server_address& address, client::tls_client_options const& options) {
    if (!address.secure) return {};
    auto made = client::make_tls_client(options);
    if (!made) return made.error();
    address.tls = std::move(*made);
    return {};
}

}  // namespace

tls_client_flags::tls_client_flags(CLI::App& command, std::string const& group) {
    auto* const trusted = command.add_option("--ca-file", options_.ca_file,
                                             "PEM file of trusted CA certificates for an https server, instead of the "
                                             "system's");
    trusted->group(group);
    command.add_flag("--insecure", insecure_, "Do not verify the certificate of an https server")
        ->group(group)
        ->excludes(trusted);
    auto* const certificate = command.add_option("--client-certificate", options_.certificate,
                                                 "PEM file of the client certificate for an https server");
    auto* const key = command.add_option("--client-key", options_.key, "PEM file of the key of --client-certificate");
    certificate->group(group)->needs(key);
    key->group(group)->needs(certificate);
}

result<void> tls_client_flags::apply(client::server_address& address) const {
    auto options = options_;
    options.verify = !insecure_;
    return secure(address, options);
}

result<void> trust_blindly(client::server_address& address) {
    client::tls_client_options options;
    options.verify = false;
    return secure(address, options);
}

}  // namespace sma::app
