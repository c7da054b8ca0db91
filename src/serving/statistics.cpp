#include "sma/serving/statistics.hpp"

namespace sma::serving {

void statistics::add_success(request_times const& times) {
    auto const at = std::chrono::system_clock::now();
    mutex_lock const lock(mutex_);
    now_.success.add(times.total);
    now_.queue.add(times.queue);
    now_.input.add(times.input);
    now_.infer.add(times.infer);
    now_.output.add(times.output);
    now_.last_at = at;
}

void statistics::add_failure(std::chrono::nanoseconds total) {
    mutex_lock const lock(mutex_);
    now_.fail.add(total);
}

void statistics::add_batch(std::size_t images, std::size_t classified, std::chrono::nanoseconds took) {
    mutex_lock const lock(mutex_);
    now_.images += classified;
    now_.batches.at(images - 1).add(took);
}

statistics_snapshot statistics::read() const {
    mutex_lock const lock(mutex_);
    return now_;
}

}  // namespace sma::serving
