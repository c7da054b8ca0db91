#include "api_key_file.hpp"

#include "sma/core/logging.hpp"
#include "sma/http/api_keys.hpp"

#include <utility>

namespace sma::app {

api_key_file::api_key_file(std::string path, boost::asio::io_context& io, http::server& server)
    : path_(std::move(path)), server_(server) {
    if (path_.empty()) return;
    reader_.emplace(
        io, [this] { return http::load_api_keys(path_); }, [this](result<keys> const& loaded) { take(loaded); });
}

result<void> api_key_file::load() {
    if (path_.empty()) return {};
    auto const loaded = http::load_api_keys(path_);
    if (!loaded) return loaded.error();
    use(*loaded);
    return {};
}

void api_key_file::reload() {
    if (reader_) reader_->start();
}

void api_key_file::take(result<keys> const& loaded) {
    if (loaded)
        use(*loaded);
    else
        log::error("reloading the API keys failed, the old keys stay in use", {{"cause", loaded.error().message}});
}

void api_key_file::use(keys loaded) {
    log::info("API keys loaded", {{"file", path_}, {"keys", loaded->size()}});
    server_.use_keys(std::move(loaded));
}

}  // namespace sma::app
