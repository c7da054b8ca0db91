// Log output to a descriptor that may be full, broken or stuck.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sma::log {

/// Collects lines and writes many of them at once. Used by the writer's thread alone, except give_up_soon() and
/// lost_lines(). Waits for a reader that does not read, while the queue before it drops the lines that it cannot hold.
/// A write that fails (a full disk, a closed pipe) loses its lines, and the next ones are tried again.
class log_output {
public:
    /// The descriptor is not owned. SIGPIPE must be ignored or blocked where it may be a pipe.
    explicit log_output(int descriptor) noexcept;

    /// A line without its end.
    void add(std::string_view line);
    void flush() noexcept;

    /// One second after this call all waiting ends. Any thread.
    void give_up_soon() noexcept;
    /// Lines that could not be written. Any thread.
    std::uint64_t lost_lines() const noexcept { return lost_lines_.load(std::memory_order_relaxed); }

private:
    enum class progress { some, none, failed };

    bool wait_until_writable() const noexcept;
    progress write_some(std::string_view bytes, std::size_t& written) const noexcept;
    void lose(std::string_view unwritten) noexcept;

    int const descriptor_;
    bool const is_socket_;
    std::size_t const write_bytes_max_;
    std::string lines_;
    bool torn_ = false;  ///< the last write ended inside a line
    std::atomic<std::uint64_t> lost_lines_ = 0;
    std::atomic<std::chrono::steady_clock::rep> end_{0};  ///< of waiting, as a time; 0: none
};

}  // namespace sma::log
