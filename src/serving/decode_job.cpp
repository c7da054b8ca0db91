#include "decode_job.hpp"

#include <utility>

namespace sma::serving {
namespace {

constexpr unsigned retry_decoding_after_s = 1;

decode_output no_images_yet(std::size_t n) {
    decode_output output;
    output.images.reserve(n);
    output.sizes.resize(n);
    for (std::size_t i = 0; i < n; ++i) output.images.emplace_back(not_decoded(errc::shutting_down, 0));
    return output;
}

double seconds_since(steady_time start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

error not_decoded(errc why, std::size_t images_max) {
    switch (why) {
        case errc::queue_full:
            return {why,
                    "too many images are waiting to be decoded (at most " + std::to_string(images_max) +
                        "); try again shortly",
                    retry_decoding_after_s};
        case errc::shutting_down:
            return {why, "the server is shutting down; try again shortly", retry_decoding_after_s};
        case errc::out_of_memory:
            return {why, "not enough memory to decode this image; try again shortly", retry_decoding_after_s};
        case errc::client_closed_request:
            return {why, "the client left before its image was decoded"};
        case errc::deadline_exceeded:
            return {why, "the request's deadline passed before its image was decoded"};
        default:
            return {errc::internal_error, "decoding failed because of an error in the server"};
    }
}

// Everything that can throw comes before the completion is moved, so that a failure leaves it to the caller.
decode_job::decode_job(decode_request&& r, decode_resources& shared,
                       std::unique_ptr<completion<result<decode_output>>>& done)
    : worker_job(r.context, r.images.size()),
      shared_(shared),
      request_(std::move(r)),
      output_(no_images_yet(request_.images.size())),
      done_(std::move(done)) {}

void decode_job::run(std::size_t index, worker_state* state) {
    auto const bytes = request_.images[index];
    auto& work = static_cast<image::image_work&>(*state);
    store(index, request_.content == image_content::planes ? pack(work, bytes) : decode(work, index));
}

void decode_job::fail(std::size_t index, errc why) { store(index, not_decoded(why, shared_.images_max)); }

void decode_job::complete() {
    output_.decode_ms = seconds_since(submitted_) * 1e3;
    if (context.is_cancelled()) return refuse(errc::client_closed_request);
    done_->complete(std::move(output_));
}

void decode_job::refuse(errc why) { done_->complete(not_decoded(why, shared_.images_max)); }

result<tensor_buffer> decode_job::decode(image::image_work& work, std::size_t index) {
    auto const bytes = request_.images[index];
    auto const size = work.probe(bytes, context);
    if (size.has_error()) return size.error();
    output_.sizes[index] = *size;
    std::int64_t const pixels = std::int64_t{size->width} * size->height;
    auto const ended = [this] {
        return not_decoded(context.is_cancelled() ? errc::client_closed_request : errc::deadline_exceeded, 0);
    };
    if (!shared_.pixels.reserve(pixels, context)) return ended();
    struct release {
        pixel_budget& budget;
        std::int64_t n;
        ~release() { budget.release(n); }
    } const guard{shared_.pixels, pixels};

    cpu_arbiter::decoding const turn(shared_.arbiter.get());
    if (context.is_cancelled() || context.is_expired(std::chrono::steady_clock::now())) return ended();
    auto const start = std::chrono::steady_clock::now();
    auto out = shared_.tensors->take(request_.format);
    if (auto decoded = work.decode(bytes, context, request_.preprocess, out); decoded.has_error())
        return decoded.error();
    shared_.counters.image_decode_duration_seconds.Observe(seconds_since(start));
    return out;
}

result<tensor_buffer> decode_job::pack(image::image_work& work, std::string_view planes) {
    cpu_arbiter::decoding const turn(shared_.arbiter.get());
    auto out = shared_.tensors->take(request_.format);
    if (auto packed = work.pack(planes, out); packed.has_error()) return packed.error();
    return out;
}

void decode_job::store(std::size_t index, result<tensor_buffer> image) {
    if (image.has_error() && image.error().code == errc::client_closed_request)
        shared_.counters.cancelled_images_total.Increment();
    if (image.has_error() && image.error().code == errc::deadline_exceeded)
        shared_.counters.expired_images_total.Increment();
    output_.images[index] = std::move(image);
}

}  // namespace sma::serving
