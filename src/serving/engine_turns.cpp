#include "sma/serving/engine_turns.hpp"

#include "deficit_round_robin.hpp"
#include "sma/core/thread_annotations.hpp"

#include <optional>
#include <utility>

namespace sma::serving {

class engine_turns::impl {
public:
    explicit impl(std::chrono::nanoseconds quantum) : order_(quantum) {}

    std::size_t add(priority rank) {
        mutex_lock const lock(mutex_);
        return order_.add(rank);
    }

    void remove(std::size_t member) {
        mutex_lock const lock(mutex_);
        order_.remove(member);
    }

    void wait_for_turn(std::size_t member) {
        mutex_lock lock(mutex_);
        order_.set_waiting(member, true);
        if (!holder_) pass_on();
        while (holder_ != member) lock.wait(granted_);
    }

    // True if the turn goes on.
    bool charge(std::size_t member, std::chrono::nanoseconds used) {
        mutex_lock const lock(mutex_);
        bool const goes_on = order_.charge(member, used);
        if (!goes_on) pass_on();
        return goes_on;
    }

    void forfeit(std::size_t member) {
        mutex_lock const lock(mutex_);
        order_.forfeit(member);
        pass_on();
    }

private:
    void pass_on() SMA_REQUIRES(mutex_) {
        holder_ = order_.take_next();
        granted_.notify_all();
    }

    mutex mutex_;
    std::condition_variable granted_;
    deficit_round_robin order_ SMA_GUARDED_BY(mutex_);
    std::optional<std::size_t> holder_ SMA_GUARDED_BY(mutex_);
};

engine_turns::engine_turns(std::chrono::nanoseconds quantum) : impl_(std::make_unique<impl>(quantum)) {}

engine_turns::~engine_turns() = default;

engine_turns::member::member(std::shared_ptr<engine_turns> turns, priority rank) : turns_(std::move(turns)) {
    has_turn_ = !turns_;
    if (turns_) number_ = turns_->impl_->add(rank);
}

engine_turns::member::~member() {
    yield();
    if (turns_) turns_->impl_->remove(number_);
}

void engine_turns::member::begin() {
    if (has_turn_) return;
    turns_->impl_->wait_for_turn(number_);
    has_turn_ = true;
}

void engine_turns::member::end(std::chrono::nanoseconds took) {
    if (turns_) has_turn_ = turns_->impl_->charge(number_, took);
}

void engine_turns::member::yield() {
    if (!turns_ || !has_turn_) return;
    turns_->impl_->forfeit(number_);
    has_turn_ = false;
}

}  // namespace sma::serving
