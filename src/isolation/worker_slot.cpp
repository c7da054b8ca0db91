#include "worker_slot.hpp"

#include "sma/core/logging.hpp"
#include "sma/core/metrics.hpp"
#include "sma/version.hpp"
#include "tensor_check.hpp"

#include <chrono>
#include <cstring>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace sma::isolation {
namespace {

using std::chrono::steady_clock;

/// A decoder looks at its time between two strips of an image; one that does not is killed this much later.
constexpr std::chrono::milliseconds grace{250};

order order_of(order::kind what, image_file const& file, request_context const& context) {
    order o;
    o.what = what;
    o.file_bytes = file.bytes.size();
    o.deadline = context.deadline;
    return o;
}

/// Tells the worker when the client leaves.
class leaving_client {
public:
    leaving_client(request_context const& context, shared_memory& memory)
        : watch_(context.cancelled, tell{memory.client_left()}) {}

private:
    struct tell {
        std::atomic<bool>& left;
        void operator()() const noexcept { left.store(true, std::memory_order_relaxed); }
    };
    std::stop_callback<tell> watch_;
};

error too_slow(std::chrono::milliseconds timeout) {
    return error(errc::preprocessing_failed, "the image took more than " + std::to_string(timeout.count()) +
                                                 " ms to decode (decode_timeout_ms); send a smaller or simpler one");
}

error decoder_failed() {
    return error(errc::preprocessing_failed,
                 "the decoder of this format failed on this file; save it as JPEG or PNG and send that");
}

error needs_too_much_memory() {
    return error(errc::preprocessing_failed,
                 "the image needs more memory than its decoder may use; save it as JPEG or PNG and send that");
}

}  // namespace

memory_layout layout_for(isolation_options const& options) {
    constexpr std::size_t side = image::crop_max;
    return {.tensor_bytes = 3 * side * side * bytes_of(element_type::f32), .file_bytes = options.file_bytes_max};
}

result<image::dimensions> worker_slot::probe(image_file const& file, request_context const& context) {
    return run(order_of(order::kind::probe, file, context), file, context);
}

result<void> worker_slot::decode(image_file const& file, request_context const& context,
                                 image::preprocess_options const& how, tensor_buffer& out) {
    auto o = order_of(order::kind::decode, file, context);
    o.format = out.format();
    o.preprocess = how;
    if (auto const done = run(o, file, context); !done) return done.error();
    std::memcpy(out.data(), worker_->memory().tensor().data(), out.format().bytes());
    // The worker's memory is its own to write to, at any time: what is looked at is the copy.
    if (is_finite(out)) return {};
    return failure(worker_process::silence::nonsense, file, context);
}

result<image::dimensions> worker_slot::run(order const& o, image_file const& file, request_context const& context) {
    if (file.bytes.size() > options_.file_bytes_max)
        return error(errc::file_too_large, "the image file is too large for a decoder");
    auto const worker = running_worker();
    if (!worker) return worker.error();
    auto& memory = (*worker)->memory();
    if (o.what == order::kind::decode && o.format.bytes() > memory.tensor().size())
        return error(errc::internal_error, "the engine's input is larger than what a decoder gives");
    std::memcpy(memory.file().data(), file.bytes.data(), file.bytes.size());
    memory.client_left() = false;
    leaving_client const watch(context, memory);
    auto const limit = std::min(steady_clock::now() + options_.decoding.decode_timeout, context.deadline) + grace;
    auto reply = (*worker)->ask(o, options_.decoding.pixels_max, limit);
    memory.forget_large_file(file.bytes.size());
    if (auto const* const why = std::get_if<worker_process::silence>(&reply)) return failure(*why, file, context);
    return settle(o, std::move(std::get<answer>(reply).outcome));
}

result<worker_process*> worker_slot::running_worker() {
    if (worker_ && worker_->has_ended()) {
        log::warn("decoder worker ended", {{"reason", worker_->end()}});
        worker_.reset();
        pause_.failed(steady_clock::now());
    }
    if (worker_) return worker_.get();
    auto const now = steady_clock::now();
    if (pause_.is_over(now)) return start();
    return error(errc::queue_full, "the decoder of this format starts again after failures; try again shortly",
                 pause_.seconds_left(now));
}

result<worker_process*> worker_slot::start() {
    auto started = worker_process::start(options_.program, {version::build, layout_for(options_), options_.decoding});
    if (started) {
        worker_ = std::move(*started);
        return worker_.get();
    }
    auto const now = steady_clock::now();
    pause_.not_started(now);
    log::error("decoder worker not started", {{"error", started.error().message}});
    return error(errc::queue_full, "the decoder of this format cannot be started; try again shortly",
                 pause_.seconds_left(now));
}

/// In a worker memory is short because of its own limit.
result<image::dimensions> worker_slot::settle(order const& o, result<image::dimensions> outcome) {
    if (o.what == order::kind::decode) pause_.succeeded();
    if (outcome.has_error() && outcome.error().code == errc::out_of_memory) return needs_too_much_memory();
    return outcome;
}

error worker_slot::failure(worker_process::silence why, image_file const& file, request_context const& context) {
    report(why, file, context);
    worker_.reset();
    pause_.failed(steady_clock::now());
    if (why != worker_process::silence::late) return decoder_failed();
    if (context.is_cancelled())
        return error(errc::client_closed_request, "the client left before its image was decoded");
    if (context.is_expired(steady_clock::now()))
        return error(errc::deadline_exceeded, "the request's deadline passed while its image was decoded");
    return too_slow(options_.decoding.decode_timeout);
}

void worker_slot::report(worker_process::silence why, image_file const& file, request_context const& context) {
    metrics_.count_decoder_crash(file.format);
    auto const ended = worker_->end();
    std::string const reason = why == worker_process::silence::late       ? "no answer in time"
                               : why == worker_process::silence::nonsense ? "wrong answer"
                                                                          : ended;
    log::warn("decoder crashed",
              {{"format", file.format}, {"reason", reason}, {"correlation_id", context.correlation_id}});
}

}  // namespace sma::isolation
