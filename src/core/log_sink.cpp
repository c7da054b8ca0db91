#include "log_sink.hpp"

#include <unistd.h>

#include <chrono>
#include <thread>

namespace sma::log {
namespace {

constexpr std::chrono::milliseconds nap{5};

}  // namespace

coalescing_sink::coalescing_sink(spdlog::details::thread_pool& queue) : queue_(queue), output_(STDOUT_FILENO) {}

void coalescing_sink::sink_it_(spdlog::details::log_msg const& line) {
    output_.add({line.payload.data(), line.payload.size()});
    if (queue_.queue_size() > 0) return;
    output_.flush();
    std::this_thread::sleep_for(nap);
}

void coalescing_sink::flush_() { output_.flush(); }

}  // namespace sma::log
