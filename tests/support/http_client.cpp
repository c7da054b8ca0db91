#include "http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <strings.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sma::test {
namespace {

constexpr std::string_view crlf = "\r\n";

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (failure != std::errc{} || end != text.data() + text.size() || text.empty())
        throw client_error("not a number: '" + std::string(text) + "'");
    return value;
}

std::pair<std::string, std::string> parse_field(std::string_view line) {
    constexpr std::string_view forbidden = " \t\r\n\"(),/:;<=>?@[\\]{}";
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 ||
        line.substr(0, colon).find_first_of(forbidden) != std::string_view::npos)
        throw client_error("not a header line: '" + std::string(line) + "'");
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (value.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos)
        throw client_error("a header value with control characters");
    return {std::string(line.substr(0, colon)), std::string(value)};
}

/// "HTTP/1.1 200 OK"
void parse_status_line(std::string_view line, http_response& into) {
    if (line.size() < 13 || !line.starts_with("HTTP/1.") || line[8] != ' ' || line[12] != ' ')
        throw client_error("not a status line: '" + std::string(line) + "'");
    into.version = line.substr(0, 8);
    into.status = static_cast<int>(number(line.substr(9, 3), 10));
}

int open_socket(int family) {
    int const opened = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (opened < 0) throw client_error("no socket: " + std::string(std::strerror(errno)));
    return opened;
}

void connect_or_close(int socket, sockaddr const* address, socklen_t bytes) {
    if (::connect(socket, address, bytes) == 0) return;
    auto const reason = std::string(std::strerror(errno));
    ::close(socket);
    throw client_error("cannot connect: " + reason);
}

}  // namespace

std::size_t http_response::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(),
                                                  [name](auto const& field) { return same_name(field.first, name); }));
}

std::string const& http_response::header(std::string_view name) const {
    if (count(name) != 1)
        throw client_error(std::to_string(count(name)) + " headers '" + std::string(name) +
                           "' in a response of status " + std::to_string(status));
    return std::find_if(headers.begin(), headers.end(),
                        [name](auto const& field) { return same_name(field.first, name); })
        ->second;
}

bool http_response::closes() const {
    if (has("Connection")) return same_name(header("Connection"), "close");
    return version == "HTTP/1.0";
}

std::string make_request(std::string_view method, std::string_view target, header_list const& headers,
                         std::string_view body) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (auto const& [name, value] : headers) text.append(name).append(": ").append(value).append(crlf);
    if (!body.empty() || method == "POST")
        text.append("Content-Length: ").append(std::to_string(body.size())).append(crlf);
    return text.append(crlf).append(body);
}

connection::connection(std::uint16_t port, std::chrono::milliseconds timeout)
    : socket_(open_socket(AF_INET)), timeout_(timeout) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int const on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connect_or_close(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address);
}

connection::connection(std::uint16_t port, tls_options const& options, std::chrono::milliseconds timeout,
                       ssl_session_st* resumed)
    : connection(port, timeout) {
    limit_waits();
    try {
        tls_ = std::make_unique<tls_client>(socket_, options, resumed);
    } catch (std::runtime_error const& e) {
        throw client_error(e.what());
    }
}

connection::connection(std::filesystem::path const& unix_socket, std::chrono::milliseconds timeout)
    : socket_(open_socket(AF_UNIX)), timeout_(timeout) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
    connect_or_close(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address);
}

connection::~connection() {
    if (socket_ >= 0) ::close(socket_);
}

connection::connection(connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      timeout_(other.timeout_),
      buffer_(std::move(other.buffer_)),
      tls_(std::move(other.tls_)),
      end_(other.end_) {}

bool connection::try_send(std::string_view bytes) {
    if (tls_) return tls_->send(bytes);
    while (!bytes.empty()) {
        auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void connection::send(std::string_view bytes) {
    if (!try_send(bytes)) throw client_error("the server closed the connection while it was sent to");
}

void connection::limit_waits() {
    timeval const limit{timeout_.count() / 1000, timeout_.count() % 1000 * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

std::size_t connection::receive_secured(char* bytes, std::size_t most) {
    limit_waits();
    auto const received = tls_->receive(bytes, most, end_);
    if (end_ == tls_client::end::too_late) throw client_error("no bytes from the server in time");
    return received;
}

std::size_t connection::receive(char* bytes, std::size_t most) {
    if (tls_) return receive_secured(bytes, most);
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(timeout_.count())) <= 0)
        throw client_error("no bytes from the server in time");
    auto const received = ::recv(socket_, bytes, most, 0);
    return received <= 0 ? 0 : static_cast<std::size_t>(received);
}

bool connection::fill() {
    std::array<char, 16 * 1024> bytes;
    auto const received = receive(bytes.data(), bytes.size());
    buffer_.append(bytes.data(), received);
    return received > 0;
}

std::string connection::take_line() {
    std::size_t end;
    while ((end = buffer_.find(crlf)) == std::string::npos)
        if (!fill()) throw client_error("the connection ended within a response's header, after '" + buffer_ + "'");
    auto line = buffer_.substr(0, end);
    buffer_.erase(0, end + crlf.size());
    return line;
}

std::string connection::take(std::size_t bytes) {
    while (buffer_.size() < bytes)
        if (!fill()) throw client_error("the connection ended within a response's body");
    auto text = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return text;
}

std::string connection::take_chunks() {
    std::string body;
    while (auto const size = number(take_line(), 16)) {
        body += take(size);
        if (!take_line().empty()) throw client_error("a chunk does not end with CRLF");
    }
    if (!take_line().empty()) throw client_error("trailers after the last chunk");
    return body;
}

http_response connection::read(bool to_head) {
    http_response response;
    parse_status_line(take_line(), response);
    for (auto line = take_line(); !line.empty(); line = take_line()) response.headers.push_back(parse_field(line));
    bool const bodiless = to_head || response.status < 200 || response.status == 204 || response.status == 304;
    if (bodiless) return response;
    if (response.has("Transfer-Encoding")) {
        if (response.has("Content-Length")) throw client_error("a response with both lengths");
        response.body = take_chunks();
    } else {
        response.body = take(number(response.header("Content-Length"), 10));
    }
    return response;
}

http_response connection::ask(std::string_view request) {
    send(request);
    return read();
}

bool connection::ended(std::chrono::milliseconds limit) {
    auto const usual = std::exchange(timeout_, limit);
    try {
        bool const more = !buffer_.empty() || fill();
        timeout_ = usual;
        return !more;
    } catch (client_error const&) {
        timeout_ = usual;
        return false;
    }
}

std::string connection::read_to_end() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

void connection::finish_sending() {
    if (tls_) tls_->say_goodbye();
    ::shutdown(socket_, SHUT_WR);
}

void connection::reset() {
    linger const at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
}

http_response ask_once(std::uint16_t port, std::string_view request) { return connection(port).ask(request); }

http_response ask_once(std::uint16_t port, tls_options const& options, std::string_view request) {
    return connection(port, options).ask(request);
}

}  // namespace sma::test
