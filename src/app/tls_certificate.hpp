// Certificate of the server (the settings `tls_certificate`, `tls_key` and `tls_client_ca`).
#pragma once

#include "reloadable_file.hpp"
#include "sma/core/settings.hpp"
#include "sma/http/server.hpp"
#include "sma/http/tls_context.hpp"

#include <memory>

namespace sma::app {

using tls_certificate = reloadable_file<std::shared_ptr<http::tls_context const>>;

/// Gives the certificate to `server`, which must outlive it: for new connections, open ones keep theirs. Files that are
/// broken or do not fit each other leave the old ones in use. Without the settings: no TLS.
tls_certificate make_tls_certificate(settings const& s, boost::asio::io_context& io, http::server& server);

}  // namespace sma::app
