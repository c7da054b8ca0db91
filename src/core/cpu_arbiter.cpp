#include "sma/core/cpu_arbiter.hpp"

namespace sma {

using std::chrono::steady_clock;

void cpu_arbiter::begin_decoding() {
    mutex_lock lock(mutex_);
    auto const until = steady_clock::now() + limits_.decoding;
    for (auto now = steady_clock::now(); pass_ && now < until; now = steady_clock::now())
        lock.wait_for(pass_ended_, until - now);
    ++images_;
}

void cpu_arbiter::end_decoding() {
    bool last = false;
    {
        mutex_lock const lock(mutex_);
        last = --images_ == 0;
    }
    if (last) decoding_ended_.notify_one();
}

void cpu_arbiter::begin_pass() {
    mutex_lock lock(mutex_);
    pass_ = true;
    auto const until = steady_clock::now() + limits_.pass;
    for (auto now = steady_clock::now(); images_ > 0 && now < until; now = steady_clock::now())
        lock.wait_for(decoding_ended_, until - now);
}

void cpu_arbiter::end_pass() {
    {
        mutex_lock const lock(mutex_);
        pass_ = false;
    }
    pass_ended_.notify_all();
}

}  // namespace sma
