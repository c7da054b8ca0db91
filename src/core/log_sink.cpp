#include "log_sink.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

namespace sma::log {
namespace {

constexpr std::chrono::milliseconds nap{5};

}  // namespace

void coalescing_sink::sink_it_(spdlog::details::log_msg const& line) {
    std::fwrite(line.payload.data(), 1, line.payload.size(), stdout);
    std::fputc('\n', stdout);
    if (queue_.queue_size() > 0) return;
    std::fflush(stdout);
    std::this_thread::sleep_for(nap);
}

void coalescing_sink::flush_() { std::fflush(stdout); }

}  // namespace sma::log
