#include "sma/http/listening_socket.hpp"

#include "sma/core/errno_error.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace sma::http {
namespace {

constexpr int backlog = 4096;
constexpr int unsent_bytes_max = 128 * 1024;

void switch_on(int fd, int level, int option) noexcept {
    int const on = 1;
    ::setsockopt(fd, level, option, &on, sizeof on);
}

/// Without the second option the kernel keeps megabytes for a client that does not read, and tells of a slow one's
/// progress only when a third of them have gone: such a client would be taken for one that has stopped.
void prepare_tcp(int fd) noexcept {
    switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes_max, sizeof unsent_bytes_max);
}

std::string address_text(sockaddr_storage const& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        auto const& v4 = reinterpret_cast<sockaddr_in const&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address.ss_family == AF_INET6) {
        auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(address);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
            ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
        else
            ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    } else {
        return "unix";
    }
    return text.data();
}

std::string url_of(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    if (address.ss_family == AF_INET)
        return "http://" + address_text(address) + ":" +
               std::to_string(ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port));
    if (address.ss_family == AF_INET6)
        return "http://[" + address_text(address) +
               "]:" + std::to_string(ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port));
    return std::string("unix:") + reinterpret_cast<sockaddr_un&>(address).sun_path;
}

result<listening_socket> listen_on(addrinfo const& address, std::string const& name) {
    unique_fd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return errno_error("cannot create a socket for " + name);
    switch_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0)
        return errno_error("cannot listen on " + name);
    auto url = url_of(fd.get());
    return listening_socket{std::move(fd), std::move(url), {}};
}

/// True if a process accepts connections there.
bool is_alive(sockaddr_un const& address) noexcept {
    unique_fd const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return ::connect(probe.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

/// Removes a socket file that no process listens on. Error: something else is there.
result<void> clear_place(std::string const& path, sockaddr_un const& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return {};
    if (!S_ISSOCK(found.st_mode))
        return error(errc::io_error, "cannot listen on " + path + ": the file exists and is not a socket");
    if (is_alive(address))
        return error(errc::io_error, "cannot listen on " + path + ": another process is listening there");
    if (::unlink(path.c_str()) != 0) return errno_error("cannot remove the old socket " + path);
    return {};
}

}  // namespace

result<listening_socket> listen_on_tcp(std::string const& host, std::uint16_t port) {
    auto const name = host + " port " + std::to_string(port);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    if (int const status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list); status != 0)
        return error(errc::io_error, "cannot listen on " + name + ": " + ::gai_strerror(status));
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owner(list, &::freeaddrinfo);
    result<listening_socket> made = error(errc::io_error, "cannot listen on " + name + ": the name has no address");
    for (auto const* address = list; address != nullptr && !made; address = address->ai_next)
        made = listen_on(*address, name);
    return made;
}

result<listening_socket> listen_on_unix(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return error(errc::io_error,
                     "cannot listen on " + path + ": the path of a Unix socket must have 1 to 107 bytes");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (auto cleared = clear_place(path, address); !cleared) return cleared.error();
    unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::listen(fd.get(), backlog) != 0)
        return errno_error("cannot listen on " + path);
    return listening_socket{std::move(fd), "unix:" + path, path};
}

result<listening_socket> adopt_listening(int descriptor) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0)
        return errno_error("cannot take over descriptor " + std::to_string(descriptor));
    if (listening == 0)
        return error(errc::io_error,
                     "cannot take over descriptor " + std::to_string(descriptor) + ": it is not listening");
    unique_fd fd(descriptor);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    auto url = url_of(descriptor);
    return listening_socket{std::move(fd), std::move(url), {}};
}

unique_fd accept_from(int listening, std::string& client) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    unique_fd fd(::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return fd;
    if (address.ss_family == AF_INET || address.ss_family == AF_INET6) prepare_tcp(fd.get());
    client = address_text(address);
    return fd;
}

bool is_exhaustion(int code) noexcept { return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM; }

}  // namespace sma::http
