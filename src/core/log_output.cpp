#include "log_output.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace sma::log {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t collected_bytes_max = 32 * 1024;
constexpr std::chrono::seconds last_wait{1};
constexpr int look_again_ms = 100;  ///< interval at which a blocked writer checks whether to give up

mode_t kind_of(int descriptor) noexcept {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

}  // namespace

// A descriptor that is writable accepts PIPE_BUF bytes without blocking, and maybe no more. Files always do.
log_output::log_output(int descriptor) noexcept
    : descriptor_(descriptor),
      is_socket_(kind_of(descriptor) == S_IFSOCK),
      write_bytes_max_(kind_of(descriptor) == S_IFREG ? collected_bytes_max : PIPE_BUF) {}

void log_output::add(std::string_view line) {
    if (torn_ && lines_.empty()) lines_ += '\n';
    lines_ += line;
    lines_ += '\n';
    if (lines_.size() >= collected_bytes_max) flush();
}

void log_output::flush() noexcept {
    std::string_view rest = lines_;
    while (!rest.empty() && wait_until_writable()) {
        std::size_t written = 0;
        if (write_some(rest.substr(0, write_bytes_max_), written) == progress::failed) break;
        if (written == 0) continue;
        torn_ = rest[written - 1] != '\n';
        rest.remove_prefix(written);
    }
    lose(rest);
    lines_.clear();
}

void log_output::give_up_soon() noexcept {
    end_.store((steady_clock::now() + last_wait).time_since_epoch().count(), std::memory_order_relaxed);
}

bool log_output::wait_until_writable() const noexcept {
    for (;;) {
        auto const end = end_.load(std::memory_order_relaxed);
        bool const over = end != 0 && steady_clock::now().time_since_epoch().count() >= end;
        pollfd state{descriptor_, POLLOUT, 0};
        auto const ready = ::poll(&state, 1, over ? 0 : look_again_ms);
        if (ready > 0) return true;  // also for an error, which the write will name
        if (over || (ready < 0 && errno != EINTR)) return false;
    }
}

log_output::progress log_output::write_some(std::string_view bytes, std::size_t& written) const noexcept {
    auto const count = is_socket_ ? ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : ::write(descriptor_, bytes.data(), bytes.size());
    if (count > 0) {
        written = static_cast<std::size_t>(count);
        return progress::some;
    }
    bool const again = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return again ? progress::none : progress::failed;
}

void log_output::lose(std::string_view unwritten) noexcept {
    if (unwritten.starts_with('\n')) unwritten.remove_prefix(1);  // ends a line that was written, or a torn one
    auto const lines = std::count(unwritten.begin(), unwritten.end(), '\n');
    if (lines > 0) lost_lines_.fetch_add(static_cast<std::uint64_t>(lines), std::memory_order_relaxed);
}

}  // namespace sma::log
