// File of API keys (the setting `api_keys_file`).
#pragma once

#include "reloadable_file.hpp"
#include "sma/http/api_keys.hpp"
#include "sma/http/server.hpp"

#include <memory>
#include <string>

namespace sma::app {

using api_key_file = reloadable_file<std::shared_ptr<http::api_keys const>>;

/// Gives the keys to `server`, which must outlive it. A broken file leaves the keys as they are. `path` empty: no keys.
api_key_file make_api_key_file(std::string const& path, boost::asio::io_context& io, http::server& server);

}  // namespace sma::app
