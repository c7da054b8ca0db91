#include "tls_certificate.hpp"

#include "sma/core/logging.hpp"

#include <utility>

namespace sma::app {

tls_certificate::tls_certificate(settings const& s, boost::asio::io_context& io, http::server& server)
    : files_{s.tls_certificate, s.tls_key, s.tls_client_ca}, server_(server) {
    if (files_.certificate.empty()) return;
    reader_.emplace(
        io, [this] { return http::tls_context::load(files_); },
        [this](result<context> const& loaded) { take(loaded); });
}

result<void> tls_certificate::load() {
    if (files_.certificate.empty()) return {};
    auto const loaded = http::tls_context::load(files_);
    if (!loaded) return loaded.error();
    use(*loaded);
    return {};
}

void tls_certificate::reload() {
    if (reader_) reader_->start();
}

void tls_certificate::take(result<context> const& loaded) {
    if (loaded)
        use(*loaded);
    else
        log::error("reloading the TLS certificate failed, the old one stays in use",
                   {{"cause", loaded.error().message}});
}

void tls_certificate::use(context loaded) {
    log::info("TLS certificate loaded", {{"file", files_.certificate}, {"valid_until", loaded->valid_until()}});
    if (!loaded->is_valid_now())
        log::warn("the TLS certificate is not valid at this time", {{"file", files_.certificate}});
    server_.use_tls(std::move(loaded));
}

}  // namespace sma::app
