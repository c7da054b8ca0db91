#include "held_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdexcept>

namespace sma::test {

held_socket::held_socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_at(address);
}

held_socket::held_socket(std::filesystem::path const& path)
    : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    listen_at(address);
}

held_socket::~held_socket() { ::close(descriptor_); }

std::uint16_t held_socket::port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

template <class Address>
void held_socket::listen_at(Address const& address) {
    if (::bind(descriptor_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0 &&
        ::listen(descriptor_, 128) == 0)
        return;
    ::close(descriptor_);
    throw std::runtime_error("cannot listen");
}

}  // namespace sma::test
