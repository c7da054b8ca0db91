// Progress display of a run: a bar on a terminal, otherwise a line at intervals.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sma::batch {

struct progress_state {
    std::uint64_t done = 0;  ///< files, with those that failed
    std::uint64_t failed = 0;
    std::optional<std::uint64_t> total;  ///< once it is known
    double files_per_s = 0;              ///< lately
};

/// One line of at most `columns` characters, without a line feed.
std::string progress_bar(progress_state const& s, std::size_t columns);
/// The progress as a line for a log.
std::string progress_line(progress_state const& s);

/// A rate that follows changes within some seconds. Pure: belongs to one thread.
class smoothed_rate {
public:
    /// The rate of the files after the first `done`.
    explicit smoothed_rate(std::uint64_t done = 0) : done_(done) {}

    void update(std::uint64_t done, double elapsed_s);
    double per_s() const noexcept { return rate_; }

private:
    std::uint64_t done_;
    double elapsed_s_ = 0;
    double rate_ = 0;
};

enum class progress_style { none, bar, lines };

/// Writes to a descriptor until stopped. Belongs to the I/O thread.
class progress_display {
public:
    progress_display(boost::asio::any_io_executor executor, progress_style style, int descriptor,
                     std::function<progress_state()> state);

    void start();
    /// Leaves the bar as it ended.
    void stop();

private:
    boost::asio::awaitable<void> tick();
    void show(bool last);

    boost::asio::steady_timer timer_;
    progress_style style_;
    int descriptor_;
    std::function<progress_state()> state_;
    smoothed_rate rate_;
    std::chrono::steady_clock::time_point begin_;
    bool running_ = false;
};

}  // namespace sma::batch
