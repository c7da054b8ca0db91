#include "admission.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace sma::serving {
namespace {

constexpr double retry_after_s_max = 30;
// A burst slows decoding down, and machines that are shared change their speed from one second to the next: without
// this one in twenty of the requests that were taken in the first second of an overload missed their deadline.
constexpr double rate_margin = 1.25;

error queue_is_full(load_view const& load, std::size_t images) {
    if (images > load.depth_max)
        return error(errc::queue_full,
                     "the request has " + std::to_string(images) + " images and the queue holds " +
                         std::to_string(load.depth_max) + ": send fewer images a request",
                     retry_after_s(load));
    auto const wait_s = retry_after_s(load);
    return error(errc::queue_full,
                 "the server is busy, its queue of " + std::to_string(load.depth_max) +
                     " images is full: try again in " + std::to_string(wait_s) + " s",
                 wait_s);
}

}  // namespace

unsigned retry_after_s(load_view const& load) noexcept {
    if (load.rate <= 0) return 1;
    return static_cast<unsigned>(
        std::clamp(std::ceil(static_cast<double>(load.depth) / load.rate), 1.0, retry_after_s_max));
}

result<void> admit(load_view const& load, std::size_t images, std::chrono::nanoseconds time_left) {
    if (load.depth + images > load.depth_max) return queue_is_full(load, images);
    if (time_left <= std::chrono::nanoseconds::zero())
        return error(errc::deadline_exceeded, "the request's deadline has passed: allow it more time");
    if (load.rate <= 0) return {};

    auto const ahead = static_cast<double>(load.depth) * rate_margin +
                       static_cast<double>(images + std::min(load.depth, load.batch_max));
    auto const wait_s = ahead / load.rate;
    if (wait_s > std::chrono::duration<double>(time_left).count())
        return error(errc::deadline_exceeded,
                     "the server is busy and would need about " + std::to_string(static_cast<long>(wait_s * 1000)) +
                         " ms, more than is left of the request's deadline: try again later or allow it more time",
                     retry_after_s(load));
    return {};
}

}  // namespace sma::serving
