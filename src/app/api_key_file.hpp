// File of API keys (setting `api_keys_file`): loaded at the start and again on each reload.
#pragma once

#include "background_reader.hpp"
#include "sma/core/error.hpp"
#include "sma/http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>

namespace sma::app {

/// Owned by the composition, used on the I/O thread. It has a reader thread only if the setting is not empty.
class api_key_file {
public:
    /// If `path` is empty there are no keys, and all functions do nothing.
    api_key_file(std::string path, boost::asio::io_context& io, http::server& server);
    /// Waits for a read in progress.
    ~api_key_file() = default;
    api_key_file(api_key_file const&) = delete;
    api_key_file& operator=(api_key_file const&) = delete;

    /// To be called before the server listens; blocks. Error: invalid_setting.
    result<void> load();
    /// Returns at once. If the file is invalid the old keys stay in use, and the log has the cause.
    void reload();

private:
    using keys = std::shared_ptr<http::api_keys const>;

    void take(result<keys> const& loaded);
    void use(keys loaded);

    std::string const path_;
    http::server& server_;
    std::optional<background_reader<keys>> reader_;  // last: its thread uses what is above
};

}  // namespace sma::app
