#include "sma/core/core_turns.hpp"

namespace sma {

using std::chrono::steady_clock;

void core_turns::begin_decoding() {
    mutex_lock lock(mutex_);
    auto const until = steady_clock::now() + limits_.decoding;
    for (auto now = steady_clock::now(); pass_ && now < until; now = steady_clock::now())
        lock.wait_for(pass_ended_, until - now);
    ++images_;
}

void core_turns::end_decoding() {
    bool last = false;
    {
        mutex_lock const lock(mutex_);
        last = --images_ == 0;
    }
    if (last) decoding_ended_.notify_one();
}

void core_turns::begin_pass() {
    mutex_lock lock(mutex_);
    pass_ = true;
    auto const until = steady_clock::now() + limits_.pass;
    for (auto now = steady_clock::now(); images_ > 0 && now < until; now = steady_clock::now())
        lock.wait_for(decoding_ended_, until - now);
}

void core_turns::end_pass() {
    {
        mutex_lock const lock(mutex_);
        pass_ = false;
    }
    pass_ended_.notify_all();
}

}  // namespace sma
