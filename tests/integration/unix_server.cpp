#include "unix_server.hpp"

#include "eventually.hpp"
#include "scale.hpp"
#include "server_process.hpp"

#include <stdexcept>

namespace sma::test {
namespace {

std::vector<std::string> serve_at(std::filesystem::path const& path, std::vector<std::string> more) {
    more.insert(more.begin(), {"serve", "--unix-socket", path.string()});
    return narrow(std::move(more));
}

}  // namespace

unix_server::unix_server(std::filesystem::path const& output, std::vector<std::string> arguments,
                         std::filesystem::path const& path)
    : path_(path.empty() ? folder_ / "api.sock" : path),
      process_({server_program(), serve_at(path_, std::move(arguments)), {}, output, folder_ / "err"}) {
    if (!eventually([this] { return is_healthy(); }, patience))
        throw std::runtime_error("the server is not healthy:\n" + read_file(folder_ / "err"));
}

bool unix_server::is_healthy() const {
    try {
        return get("/health").status == 200;
    } catch (client_error const&) {
        return false;
    }
}

}  // namespace sma::test
