#include "api_key_file.hpp"

#include <utility>

namespace sma::app {

api_key_file make_api_key_file(std::string const& path, boost::asio::io_context& io, http::server& server) {
    auto const use = [path, &server](std::shared_ptr<http::api_keys const> loaded) {
        log::info("API keys loaded", {{"file", path}, {"keys", loaded->size()}});
        server.use_keys(std::move(loaded));
    };
    return {
        io,
        !path.empty(),
        {[path] { return http::load_api_keys(path); }, use, "reloading the API keys failed, the old keys stay in use"}};
}

}  // namespace sma::app
