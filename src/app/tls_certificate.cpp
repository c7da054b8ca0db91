#include "tls_certificate.hpp"

#include <utility>

namespace sma::app {

tls_certificate make_tls_certificate(settings const& s, boost::asio::io_context& io, http::server& server) {
    http::tls_files const files{s.tls_certificate, s.tls_key, s.tls_client_ca};
    auto const use = [files, &server](std::shared_ptr<http::tls_context const> loaded) {
        log::info("TLS certificate loaded", {{"file", files.certificate}, {"valid_until", loaded->valid_until()}});
        if (!loaded->is_valid_now())
            log::warn("the TLS certificate is not valid at this time", {{"file", files.certificate}});
        server.use_tls(std::move(loaded));
    };
    return {io,
            !files.certificate.empty(),
            {[files] { return http::tls_context::load(files); }, use,
             "reloading the TLS certificate failed, the old one stays in use"}};
}

}  // namespace sma::app
