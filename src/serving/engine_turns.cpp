#include "sma/serving/engine_turns.hpp"

#include "deficit_round_robin.hpp"
#include "sma/core/thread_annotations.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace sma::serving {
namespace {

using std::chrono::steady_clock;
using wish = deficit_round_robin::wish;

// How often those who wait look whether images that are decoded have come to nothing.
constexpr std::chrono::milliseconds look_interval{1};

}  // namespace

class engine_turns::impl {
public:
    explicit impl(engine_turns_options o) : options_(o), order_(o.quantum) {}

    std::size_t add(std::function<bool()> expects_work, priority rank) {
        mutex_lock const lock(mutex_);
        members_.push_back({std::move(expects_work)});
        return order_.add(rank);
    }

    void remove(std::size_t member) {
        mutex_lock const lock(mutex_);
        order_.remove(member);
        members_[member].expects_work = [] { return false; };
    }

    // False for a background member that has waited too long.
    bool wait_for_turn(std::size_t member) {
        mutex_lock lock(mutex_);
        order_.set_wish(member, wish::now);
        if (!holder_) pass_on();
        auto const began = steady_clock::now();
        while (holder_ != member) {
            if (order_.is_background(member)) {
                if (steady_clock::now() - began >= options_.background_wait) return give_up(member);
                lock.wait_for(changed_, awaited_since_ ? look_interval : options_.background_wait);
            } else if (awaited_since_) {
                lock.wait_for(changed_, look_interval);
            } else {
                lock.wait(changed_);
            }
            if (awaited_since_ && !holder_) pass_on();
        }
        order_.set_wish(member, wish::nothing);
        members_[member].was_late = false;
        return true;
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
    struct state {
        std::function<bool()> expects_work;
        bool was_late = false;  ///< was waited for in vain, since it had its last turn
    };

    bool give_up(std::size_t member) SMA_REQUIRES(mutex_) {
        order_.set_wish(member, wish::nothing);
        if (!holder_) pass_on();
        return false;
    }

    void look_for_work() SMA_REQUIRES(mutex_) {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (order_.wish_of(i) == wish::now) continue;
            bool const soon = !members_[i].was_late && members_[i].expects_work();
            order_.set_wish(i, soon ? wish::soon : wish::nothing);
        }
    }

    // Gives the turn to the next one, or waits a little for who should be the next.
    void pass_on() SMA_REQUIRES(mutex_) {
        holder_.reset();
        look_for_work();
        auto next = order_.next();
        while (next && order_.wish_of(*next) == wish::soon && is_late(*next)) {
            members_[*next].was_late = true;
            order_.set_wish(*next, wish::nothing);
            next = order_.next();
        }
        if (next && order_.wish_of(*next) == wish::now) holder_ = next;
        if (!next || holder_) awaited_since_.reset();
        changed_.notify_all();
    }

    bool is_late(std::size_t member) SMA_REQUIRES(mutex_) {
        auto const now = steady_clock::now();
        if (!awaited_since_ || awaited_ != member) awaited_since_ = now;
        awaited_ = member;
        return now - *awaited_since_ >= options_.patience;
    }

    engine_turns_options const options_;
    mutex mutex_;
    std::condition_variable changed_;
    deficit_round_robin order_ SMA_GUARDED_BY(mutex_);
    std::vector<state> members_ SMA_GUARDED_BY(mutex_);
    std::optional<std::size_t> holder_ SMA_GUARDED_BY(mutex_);
    std::optional<steady_clock::time_point> awaited_since_ SMA_GUARDED_BY(mutex_);
    std::size_t awaited_ SMA_GUARDED_BY(mutex_) = 0;
};

engine_turns::engine_turns(engine_turns_options o) : impl_(std::make_unique<impl>(o)) {}

engine_turns::~engine_turns() = default;

engine_turns::member::member(std::shared_ptr<engine_turns> turns, std::function<bool()> expects_work, priority rank)
    : turns_(std::move(turns)), has_turn_(!turns_) {
    if (turns_) number_ = turns_->impl_->add(std::move(expects_work), rank);
}

engine_turns::member::~member() {
    yield();
    if (turns_) turns_->impl_->remove(number_);
}

void engine_turns::member::begin() {
    if (has_turn_) return;
    has_turn_ = turns_->impl_->wait_for_turn(number_);
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
