// TLS certificate of the server (settings `tls_certificate`, `tls_key` and `tls_client_ca`): loaded at the start and
// again on each reload.
#pragma once

#include "background_reader.hpp"
#include "sma/core/error.hpp"
#include "sma/core/settings.hpp"
#include "sma/http/server.hpp"
#include "sma/http/tls_context.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>

namespace sma::app {

/// Owned by the composition, used on the I/O thread. It has a reader thread only if the settings are not empty.
class tls_certificate {
public:
    /// Without the settings all functions do nothing.
    tls_certificate(settings const& s, boost::asio::io_context& io, http::server& server);
    /// Waits for a read in progress.
    ~tls_certificate() = default;
    tls_certificate(tls_certificate const&) = delete;
    tls_certificate& operator=(tls_certificate const&) = delete;

    /// To be called before the server listens; blocks. Error: invalid_setting.
    result<void> load();
    /// Returns at once. New connections use the new certificate, open ones keep theirs. If the files are invalid or do
    /// not match each other the old ones stay in use, and the log has the cause.
    void reload();

private:
    using context = std::shared_ptr<http::tls_context const>;

    void take(result<context> const& loaded);
    void use(context loaded);

    http::tls_files const files_;
    http::server& server_;
    std::optional<background_reader<context>> reader_;  // last: its thread uses what is above
};

}  // namespace sma::app
