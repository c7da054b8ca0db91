#include "service_manager.hpp"

#include "sma/core/logging.hpp"
#include "sma/core/parse_number.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sma::app {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int first_passed_descriptor = 3;
constexpr milliseconds resend_interval{1'000};

std::string take_variable(char const* name) {
    auto const* value = std::getenv(name);
    std::string text = value ? value : "";
    ::unsetenv(name);
    return text;
}

/// 0 for what is not a number.
std::int64_t number_in(std::string const& text) {
    auto const value = parse_number<std::int64_t>(text).value_or(0);
    return value > 0 ? value : 0;
}

bool is_this_process(std::string const& pid) { return number_in(pid) == ::getpid(); }

std::vector<int> take_sockets() {
    auto const pid = take_variable("LISTEN_PID");
    auto const count = number_in(take_variable("LISTEN_FDS"));
    ::unsetenv("LISTEN_FDNAMES");
    std::vector<int> sockets;
    if (!is_this_process(pid)) return sockets;
    for (int i = 0; i < count; ++i) {
        auto const descriptor = first_passed_descriptor + i;
        if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) break;
        sockets.push_back(descriptor);
    }
    return sockets;
}

microseconds take_watchdog() {
    auto const pid = take_variable("WATCHDOG_PID");
    auto const usec = number_in(take_variable("WATCHDOG_USEC"));
    return microseconds(pid.empty() || is_this_process(pid) ? usec : 0);
}

int connect_to(std::string const& address) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    bool const good = (address.starts_with('/') || address.starts_with('@')) && address.size() < sizeof name.sun_path;
    if (!good) return -1;
    std::memcpy(name.sun_path, address.data(), address.size());
    if (address.front() == '@') name.sun_path[0] = '\0';
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    int const descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    if (::connect(descriptor, reinterpret_cast<sockaddr const*>(&name), size) == 0) return descriptor;
    ::close(descriptor);
    return -1;
}

microseconds monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) +
           std::chrono::duration_cast<microseconds>(std::chrono::nanoseconds(now.tv_nsec));
}

std::string status(std::string_view text, std::string_view last_error = {}) {
    auto line = "STATUS=" + std::string(text);
    if (!last_error.empty()) line.append(": ").append(last_error);
    return line;
}

}  // namespace

service_environment take_service_environment() {
    service_environment e;
    e.notify_socket = take_variable("NOTIFY_SOCKET");
    e.watchdog = take_watchdog();
    e.sockets = take_sockets();
    return e;
}

std::string notification(serving::state now, std::string_view last_error, microseconds monotonic,
                         milliseconds stop_limit) {
    using serving::state;
    switch (now) {
        case state::loading:
            return status("Loading the model");
        case state::warming_up:
            return status("Warming up");
        case state::ready:
            return "READY=1\n" + status(last_error.empty() ? "Serving" : "Serving; the last reload failed", last_error);
        case state::reloading:
            return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()) + "\n" +
                   status("Serving; reloading the model");
        case state::failed:
            return status("The model could not be loaded", last_error);
        case state::draining:
            return "STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(microseconds(stop_limit).count()) + "\n" +
                   status("Draining");
        case state::unloaded:
            break;  // of one of several models, never of the service
    }
    return status("Unknown");
}

service_reporter::service_reporter(service_environment const& environment, milliseconds stop_limit)
    : watchdog_(environment.watchdog), stop_limit_(stop_limit), socket_(connect_to(environment.notify_socket)) {
    if (!environment.notify_socket.empty() && socket_ < 0)
        log::warn("the service manager cannot be reached", {{"notify_socket", environment.notify_socket}});
}

service_reporter::~service_reporter() {
    if (socket_ >= 0) ::close(socket_);
}

void service_reporter::state_changed(serving::state now, std::string_view last_error) {
    if (!has_manager()) return;
    auto lines = notification(now, last_error, monotonic_now(), stop_limit_);
    mutex_lock const lock(mutex_);
    unsent_.clear();
    if (!send(lines)) unsent_ = std::move(lines);
}

milliseconds service_reporter::tick_interval() const noexcept {
    auto const half = std::chrono::duration_cast<milliseconds>(watchdog_ / 2);
    return half > milliseconds(0) ? std::min(half, resend_interval) : resend_interval;
}

void service_reporter::tick(bool makes_progress) {
    {
        mutex_lock const lock(mutex_);
        if (!unsent_.empty() && send(unsent_)) unsent_.clear();
    }
    if (watchdog_.count() > 0 && makes_progress) send("WATCHDOG=1");
}

bool service_reporter::send(std::string_view lines) const noexcept {
    return ::send(socket_, lines.data(), lines.size(), MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}

}  // namespace sma::app
