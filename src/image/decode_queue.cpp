#include "decode_queue.hpp"

#include "planar.hpp"

#include <algorithm>
#include <new>

namespace sma::image {

namespace {

constexpr unsigned retry_after_s = 1;

error queue_is_full(std::size_t images_max) {
    return error(
        errc::queue_full,
        "too many images are waiting to be decoded (at most " + std::to_string(images_max) + "); try again shortly",
        retry_after_s);
}

error is_shutting_down() {
    return error(errc::shutting_down, "the server is shutting down; try again shortly", retry_after_s);
}

error ran_out_of_memory() {
    return error(errc::out_of_memory, "not enough memory to decode this image; try again shortly", retry_after_s);
}

error client_left() { return error(errc::client_closed_request, "the client left before its image was decoded"); }

error too_late() {
    return error(errc::deadline_exceeded, "the request's deadline passed before its image was decoded");
}

decode_output no_images_yet(std::size_t n) {
    decode_output output;
    output.images.reserve(n);
    for (std::size_t i = 0; i < n; ++i) output.images.emplace_back(is_shutting_down());
    return output;
}

double seconds_since(steady_time start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

// Everything that can throw comes before the completion is moved, so that a failure leaves it to the caller.
decode_queue::submission::submission(decode_request&& r, std::unique_ptr<completion<result<decode_output>>>& d)
    : output(no_images_yet(r.images.size())), images_left(r.images.size()), request(std::move(r)), done(std::move(d)) {}

decode_queue::submission::submission(request_context&& c, std::function<void()>&& w,
                                     std::unique_ptr<completion<result<void>>>& d)
    : output(no_images_yet(1)),
      images_left(1),
      request(std::move(c), {}, {std::string_view()}),
      work(std::move(w)),
      work_done(std::move(d)) {}

void decode_queue::submission::refuse(error why) {
    if (done) return done->complete(std::move(why));
    work_done->complete(std::move(why));
}

void decode_queue::submission::complete() {
    output.decode_ms = seconds_since(submitted) * 1e3;
    if (request.context.is_cancelled()) return refuse(client_left());
    if (done) return done->complete(std::move(output));
    if (output.images[0].has_error()) return refuse(output.images[0].error());
    work_done->complete(result<void>());
}

decode_queue::decode_queue(decode_pool_options options, metrics& m, image_work_factory factory)
    : options_(std::move(options)),
      metrics_(m),
      factory_(std::move(factory)),
      tensors_(std::make_shared<tensor_pool>(options_.images_max)) {
    for (int i = 0; i < std::max(1, options_.threads); ++i) {
        threads_.emplace_back([this] {
            auto const work = factory_();
            run(*work);
        });
    }
}

decode_queue::~decode_queue() {
    std::deque<task> unfinished;
    {
        mutex_lock const lock(mutex_);
        stopping_ = true;
        dead_in_front_ = 0;
        unfinished.swap(queue_);
    }
    work_arrived_.notify_all();
    pixels_freed_.notify_all();
    for (auto const& t : unfinished) finish(t, is_shutting_down());
    threads_.clear();
}

void decode_queue::submit(decode_request request, std::unique_ptr<completion<result<decode_output>>> done) {
    if (request.context.is_cancelled()) return done->complete(client_left());
    if (request.images.empty()) return done->complete(decode_output{});
    start(done, std::move(request));
}

void decode_queue::submit(request_context context, std::function<void()> work,
                          std::unique_ptr<completion<result<void>>> done) {
    if (context.is_cancelled()) return done->complete(client_left());
    start(done, std::move(context), std::move(work));
}

template <class Done, class... Arguments>
void decode_queue::start(Done& done, Arguments&&... arguments) {
    std::shared_ptr<submission> job;
    std::optional<error> refusal;
    std::size_t images = 0;
    try {
        job = std::make_shared<submission>(std::forward<Arguments>(arguments)..., done);
        images = job->images_left;
        refusal = enqueue(job);
    } catch (std::bad_alloc const&) {
        refusal = ran_out_of_memory();
    }
    if (refusal) return job ? job->refuse(std::move(*refusal)) : done->complete(std::move(*refusal));
    images == 1 ? work_arrived_.notify_one() : work_arrived_.notify_all();
}

std::optional<error> decode_queue::enqueue(std::shared_ptr<submission> const& job) {
    std::size_t const n = job->images_left;
    mutex_lock const lock(mutex_);
    if (stopping_) return is_shutting_down();
    if (images_ - dead_in_front_ + n > options_.images_max) bring_dead_forward();
    if (images_ - dead_in_front_ + n > options_.images_max) return queue_is_full(options_.images_max);
    std::size_t const before = queue_.size();
    try {
        for (std::size_t i = 0; i < n; ++i) queue_.push_back({job, i});
    } catch (std::bad_alloc const&) {
        queue_.resize(before);
        throw;
    }
    images_ += n;
    metrics_.decode_queue_depth.Increment(static_cast<double>(n));
    return std::nullopt;
}

bool decode_queue::is_dead(task const& t, steady_time now) noexcept {
    auto const& context = t.job->request.context;
    return context.is_cancelled() || context.is_expired(now);
}

// Cancelled work must not keep out work that a client waits for.
void decode_queue::bring_dead_forward() {
    auto const now = std::chrono::steady_clock::now();
    auto const living =
        std::stable_partition(queue_.begin(), queue_.end(), [now](task const& t) { return is_dead(t, now); });
    dead_in_front_ = static_cast<std::size_t>(living - queue_.begin());
}

bool decode_queue::take(task& next) {
    mutex_lock lock(mutex_);
    while (!stopping_ && queue_.empty()) lock.wait(work_arrived_);
    if (queue_.empty()) return false;
    next = std::move(queue_.front());
    queue_.pop_front();
    if (dead_in_front_ > 0) --dead_in_front_;
    return true;
}

void decode_queue::run(image_work& work) {
    task next;
    while (take(next)) {
        finish(next, handle(work, *next.job, next.index));
        next = {};
    }
}

result<tensor_buffer> decode_queue::handle(image_work& work, submission& job, std::size_t index) {
    auto const& context = job.request.context;
    if (context.is_cancelled()) return client_left();
    if (context.is_expired(std::chrono::steady_clock::now())) return too_late();
    try {
        if (job.work) {
            cpu_arbiter::decoding const turn(options_.arbiter.get());
            job.work();
            return tensor_buffer();
        }
        if (job.request.content == image_content::planes) return pack(job, job.request.images[index]);
        return decode(work, job, job.request.images[index]);
    } catch (std::bad_alloc const&) {
        return ran_out_of_memory();
    } catch (...) {
        return error(errc::internal_error, "decoding failed because of an error in the server");
    }
}

result<tensor_buffer> decode_queue::decode(image_work& work, submission& job, std::string_view bytes) {
    auto const size = work.probe(bytes);
    if (size.has_error()) return size.error();
    std::int64_t const pixels = std::int64_t{size->width} * size->height;
    auto const& context = job.request.context;
    if (!reserve_pixels(pixels, context)) return context.is_cancelled() ? client_left() : too_late();
    struct release {
        decode_queue& queue;
        std::int64_t n;
        ~release() { queue.release_pixels(n); }
    } const guard{*this, pixels};

    cpu_arbiter::decoding const turn(options_.arbiter.get());
    if (context.is_cancelled()) return client_left();
    if (context.is_expired(std::chrono::steady_clock::now())) return too_late();
    auto const start = std::chrono::steady_clock::now();
    auto out = tensors_->take(job.request.format);
    if (auto decoded = work.decode(bytes, context, out); decoded.has_error()) return decoded.error();
    metrics_.image_decode_duration_seconds.Observe(seconds_since(start));
    return out;
}

result<tensor_buffer> decode_queue::pack(submission const& job, std::string_view planes) {
    cpu_arbiter::decoding const turn(options_.arbiter.get());
    auto out = tensors_->take(job.request.format);
    if (auto packed = pack_planar(planes, out); packed.has_error()) return packed.error();
    return out;
}

// Waits while the image does not fit beside those being decoded; alone it always fits.
bool decode_queue::reserve_pixels(std::int64_t pixels, request_context const& context) {
    mutex_lock lock(mutex_);
    auto const fits = [this, pixels]()
                          SMA_REQUIRES(mutex_) { return pixels_ == 0 || pixels_ + pixels <= options_.pixels_max; };
    bool const got = lock.wait_until(pixels_freed_, context.cancelled, context.deadline, fits);
    if (got) pixels_ += pixels;
    return got;
}

void decode_queue::release_pixels(std::int64_t pixels) {
    {
        mutex_lock const lock(mutex_);
        pixels_ -= pixels;
    }
    pixels_freed_.notify_all();
}

void decode_queue::finish(task const& t, result<tensor_buffer> image) {
    if (image.has_error() && image.error().code == errc::client_closed_request)
        metrics_.cancelled_images_total.Increment();
    if (image.has_error() && image.error().code == errc::deadline_exceeded) metrics_.expired_images_total.Increment();
    t.job->output.images[t.index] = std::move(image);
    metrics_.decode_queue_depth.Decrement();
    bool last = false;
    {
        mutex_lock const lock(mutex_);
        --images_;
        last = --t.job->images_left == 0;
    }
    if (last) t.job->complete();
}

}  // namespace sma::image
