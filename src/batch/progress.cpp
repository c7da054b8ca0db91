#include "sma/batch/progress.hpp"

#include "sma/core/await_tuple.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sma::batch {
namespace {

constexpr std::chrono::milliseconds bar_interval{100};
constexpr std::chrono::seconds line_interval{10};
constexpr double smoothing_s = 3;
constexpr std::size_t bar_width_max = 40;
constexpr std::size_t columns_default = 80;

std::size_t columns_of(int descriptor) {
    winsize size{};
    bool const known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : columns_default;
}

// "1:02:03", "02:03".
std::string duration_text(double seconds) {
    auto const whole = static_cast<long long>(std::llround(std::min(seconds, 3.6e6)));
    char text[32];
    if (whole >= 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        std::snprintf(text, sizeof text, "%02lld:%02lld", whole / 60, whole % 60);
    return text;
}

double share_done(progress_state const& s) {
    if (!s.total || *s.total == 0) return 0;
    return std::min(1.0, static_cast<double>(s.done) / static_cast<double>(*s.total));
}

std::string facts(progress_state const& s) {
    std::string text = std::to_string(s.done);
    if (s.total) text += "/" + std::to_string(*s.total);
    char rate[48];
    std::snprintf(rate, sizeof rate, "  %.1f/s", s.files_per_s);
    text += rate + ("  " + std::to_string(s.failed)) + (s.failed == 1 ? " error" : " errors");
    bool const counting_down = s.total && *s.total > s.done && s.files_per_s > 0;
    if (counting_down) text += "  " + duration_text(static_cast<double>(*s.total - s.done) / s.files_per_s) + " left";
    return text;
}

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        auto const written = ::write(descriptor, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

std::string progress_bar(progress_state const& s, std::size_t columns) {
    auto text = facts(s);
    if (s.total) {
        char percent[16];
        std::snprintf(percent, sizeof percent, " %3d %%  ", static_cast<int>(share_done(s) * 100));
        std::size_t const around = text.size() + 2 + std::string_view(percent).size();
        std::size_t const width = columns > around ? std::min(columns - around, bar_width_max) : 0;
        auto const full = static_cast<std::size_t>(share_done(s) * static_cast<double>(width));
        if (width > 0) text = "[" + std::string(full, '#') + std::string(width - full, '-') + "]" + percent + text;
    }
    return text.substr(0, columns);
}

std::string progress_line(progress_state const& s) { return facts(s); }

void smoothed_rate::update(std::uint64_t done, double elapsed_s) {
    double const passed_s = elapsed_s - elapsed_s_;
    if (passed_s <= 0) return;
    double const now = static_cast<double>(done - done_) / passed_s;
    // In the beginning the average over all that has passed; later the memory of a few seconds.
    double const weight = std::max(passed_s / elapsed_s, 1 - std::exp(-passed_s / smoothing_s));
    rate_ += weight * (now - rate_);
    done_ = done;
    elapsed_s_ = elapsed_s;
}

progress_display::progress_display(boost::asio::any_io_executor executor, progress_style style, int descriptor,
                                   std::function<progress_state()> state)
    : timer_(executor), style_(style), descriptor_(descriptor), state_(std::move(state)) {}

void progress_display::start() {
    if (style_ == progress_style::none) return;
    running_ = true;
    begin_ = std::chrono::steady_clock::now();
    rate_ = smoothed_rate(state_().done);
    auto const executor = timer_.get_executor();
    boost::asio::co_spawn(executor, tick(), boost::asio::detached);
}

void progress_display::stop() {
    if (!running_) return;
    running_ = false;
    timer_.cancel();
    if (style_ == progress_style::bar) show(true);
}

boost::asio::awaitable<void> progress_display::tick() {
    while (running_) {
        if (style_ == progress_style::bar)
            timer_.expires_after(bar_interval);
        else
            timer_.expires_after(line_interval);
        auto const [failed] = co_await timer_.async_wait(await_tuple);
        if (failed || !running_) co_return;
        show(false);
    }
}

void progress_display::show(bool last) {
    auto state = state_();
    rate_.update(state.done, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count());
    state.files_per_s = rate_.per_s();
    if (style_ == progress_style::lines) return write_all(descriptor_, progress_line(state) + '\n');
    // One column stays free: a line that fills the last one wraps on some terminals.
    write_all(descriptor_, "\r" + progress_bar(state, columns_of(descriptor_) - 1) + "\033[K" + (last ? "\n" : ""));
}

}  // namespace sma::batch
