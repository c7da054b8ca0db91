#include "batch_queue.hpp"

#include "common_error.hpp"

#include <algorithm>
#include <optional>

namespace sma::serving {
namespace {

error deadline_passed() {
    return error(errc::deadline_exceeded,
                 "the request's deadline passed before it could be answered: allow it more time");
}

error deadline_too_close() {
    return error(errc::deadline_exceeded,
                 "the request's deadline is too close for the model to answer in time: allow it more time");
}

double milliseconds(steady_time::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

/// A tenth more than the estimate, for what varies and for the way back.
bool can_be_met(steady_time deadline, std::size_t images, service_estimate const& estimate, steady_time now) {
    auto const expected = estimate.batch_time(static_cast<int>(images), now);
    return now + expected + expected / 10 <= deadline;
}

}  // namespace

void pending_request::drop_rest(error const& why) {
    if (why.code == errc::client_closed_request) cancelled += remaining();
    if (why.code == errc::deadline_exceeded) expired += remaining();
    for (; next < logits.size(); ++next) logits[next] = why;
}

result<inference_output> pending_request::take_answer(steady_time now) {
    request.images.clear();
    request.slot = queue_slot();
    request.model.reset();
    if (auto const why = common_error(logits)) return *why;
    if (request.context.is_expired(now)) {
        expired += static_cast<std::size_t>(
            std::count_if(logits.begin(), logits.end(), [](auto const& r) { return r.has_value(); }));
        return deadline_passed();
    }
    inference_output out;
    out.logits = std::move(logits);
    out.features = std::move(features);
    out.batch_size = first_batch_size;
    out.batches = std::move(batches);
    if (first_batch_size > 0) {
        out.queue_ms = milliseconds(began_at - enqueued_at);
        out.infer_ms = milliseconds(now - began_at);
    }
    return out;
}

void batch::clear() noexcept {
    items.clear();
    last_of.clear();
    dropped.clear();
    model.reset();
}

void batch_queue::push(std::unique_ptr<pending_request>& r) {
    requests_.emplace_back();  // may throw, and then r is still the caller's
    images_ += r->remaining();
    places_ += r->request.slot.images();
    requests_.back() = std::move(r);
}

queue_view batch_queue::view() const noexcept {
    if (requests_.empty()) return {};
    return {images_, 0, requests_.front()->enqueued_at, {}};
}

void batch_queue::take(int size_max, service_estimate const& estimate, steady_time now, batch& out) {
    auto tightest = steady_time::max();
    auto const room = static_cast<std::size_t>(std::max(size_max, 1));
    while (!requests_.empty() && out.items.size() < room) {
        auto& front = *requests_.front();
        auto const& context = front.request.context;
        if (context.is_cancelled()) {
            drop_front(client_closed_request(), out);
        } else if (context.is_expired(now)) {
            drop_front(deadline_passed(), out);
        } else if (!can_be_met(context.deadline, 1, estimate, now)) {
            drop_front(deadline_too_close(), out);
        } else {
            if (out.model && out.model != front.request.model) return;
            tightest = std::min(tightest, context.deadline);
            auto count = std::min(front.remaining(), room - out.items.size());
            while (count > 0 && !can_be_met(tightest, out.items.size() + count, estimate, now)) --count;
            if (count == 0) return;
            move_front(count, now, out);
        }
    }
}

void batch_queue::drop_dead(steady_time now, batch& out) {
    while (!requests_.empty()) {
        auto const& context = requests_.front()->request.context;
        if (context.is_cancelled())
            drop_front(client_closed_request(), out);
        else if (context.is_expired(now))
            drop_front(deadline_passed(), out);
        else
            return;
    }
}

void batch_queue::drop_all(error const& why, batch& out) {
    while (!requests_.empty()) drop_front(why, out);
}

void batch_queue::drop_front(error const& why, batch& out) {
    auto& front = requests_.front();
    images_ -= front->remaining();
    places_ -= front->request.slot.images();
    front->drop_rest(why);
    out.dropped.push_back(std::move(front));
    requests_.pop_front();
}

void batch_queue::move_front(std::size_t images, steady_time now, batch& out) {
    auto& front = requests_.front();
    out.model = front->request.model;
    if (front->next == 0) front->began_at = now;
    for (std::size_t i = 0; i < images; ++i) out.items.push_back({front.get(), front->next++});
    images_ -= images;
    if (front->remaining() > 0) return;
    places_ -= front->request.slot.images();
    out.last_of.push_back(std::move(front));
    requests_.pop_front();
}

}  // namespace sma::serving
