#include "resource_defaults.hpp"

#include "model_preprocessing.hpp"

#include "sma/core/usable_resources.hpp"

#include <algorithm>
#include <limits>

namespace sma::app {
namespace {

constexpr std::int64_t queue_size_most = 128;
constexpr std::int64_t body_bytes_most = 256 * 1024 * 1024;
constexpr std::int64_t decode_pixels_most = 400'000'000;
constexpr std::int64_t bytes_a_pixel = 4;

// Share of the usable memory. The rest is for the model, its packed copies, the libraries and the system.
constexpr std::int64_t queue_share = 8;
constexpr std::int64_t body_share = 8;
constexpr std::int64_t decode_share = 4;

std::int64_t tensor_bytes(settings const& s) {
    std::int64_t const crop = expected_crop(s);
    return crop * crop * 3 * static_cast<std::int64_t>(sizeof(float));
}

std::int64_t within(std::int64_t least, std::int64_t wanted, std::int64_t most) {
    return std::max(least, std::min(wanted, most));
}

// A request with more images than the queue holds could never be taken.
void bound_queue(settings& s, std::int64_t memory) {
    if (s.max_queue_size == 0)
        s.max_queue_size = within(std::max(2 * s.max_batch_size, s.max_images), memory / queue_share / tensor_bytes(s),
                                  queue_size_most);
    s.max_images = std::min(s.max_images, s.max_queue_size);
}

// Each model has a queue of its own, and all of them the memory that an only one would have.
void bound_queues(settings& s, std::int64_t memory) {
    if (s.models.empty()) return bound_queue(s, memory);
    s.max_queue_size = 0;
    for (auto& model : s.models) {
        bound_queue(model, memory / static_cast<std::int64_t>(s.models.size()));
        s.max_queue_size += model.max_queue_size;
        s.max_images = std::min(s.max_images, model.max_images);
    }
}

}  // namespace

settings apply_resource_defaults(settings s, std::filesystem::path const& root) {
    auto const known = usable_memory_bytes(root);
    auto const memory = known > 0 ? known : std::numeric_limits<std::int64_t>::max();
    bound_queues(s, memory);
    if (s.max_inflight_body_bytes == 0)
        s.max_inflight_body_bytes = within(s.max_body_bytes, memory / body_share, body_bytes_most);
    if (s.max_decode_pixels == 0)
        s.max_decode_pixels = within(s.max_pixels, memory / decode_share / bytes_a_pixel, decode_pixels_most);
    return s;
}

}  // namespace sma::app
