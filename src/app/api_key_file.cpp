#include "sma/app/api_key_file.hpp"

#include "sma/core/logging.hpp"
#include "sma/http/api_keys.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace sma::app {
namespace {

using loaded_keys = result<std::shared_ptr<http::api_keys const>>;

// On a thread where nobody else would catch it.
loaded_keys load_without_throwing(std::string const& path) {
    try {
        return http::load_api_keys(path);
    } catch (std::exception const& e) {
        return error(errc::internal_error, e.what());
    }
}

}  // namespace

api_key_file::api_key_file(std::string path, boost::asio::io_context& io, http::server& server)
    : path_(std::move(path)), io_(io), server_(server) {
    if (!path_.empty()) reader_.emplace(1);
}

result<void> api_key_file::load() {
    if (path_.empty()) return {};
    auto const loaded = http::load_api_keys(path_);
    if (!loaded) return loaded.error();
    use(*loaded);
    return {};
}

void api_key_file::reload() {
    if (path_.empty()) return;
    if (std::exchange(reading_, true)) {
        read_again_ = true;
        return;
    }
    read();
}

void api_key_file::read() {
    boost::asio::post(
        *reader_, [this] { boost::asio::post(io_, [this, loaded = load_without_throwing(path_)] { take(loaded); }); });
}

void api_key_file::take(loaded_keys const& loaded) {
    if (loaded)
        use(*loaded);
    else
        log::error("the old API keys stay", {{"cause", loaded.error().message}});
    reading_ = std::exchange(read_again_, false);
    if (reading_) read();
}

void api_key_file::use(std::shared_ptr<http::api_keys const> keys) {
    log::info("API keys loaded", {{"file", path_}, {"keys", keys->size()}});
    server_.use_keys(std::move(keys));
}

}  // namespace sma::app
