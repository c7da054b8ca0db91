#include "notify_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdexcept>

namespace sma::test {

notify_socket::notify_socket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot bind " + path());
}

notify_socket::~notify_socket() { ::close(socket_); }

std::string notify_socket::next(std::chrono::milliseconds limit) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(limit.count())) != 1) return {};
    char text[4096];
    auto const bytes = ::recv(socket_, text, sizeof text, 0);
    return std::string(text, bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
}

std::vector<std::string> notify_socket::waiting() {
    std::vector<std::string> messages;
    for (auto message = next({}); !message.empty(); message = next({})) messages.push_back(std::move(message));
    return messages;
}

}  // namespace sma::test
