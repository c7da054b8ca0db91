// CPU arbiter: decoding and forward passes take turns on the cores.
#pragma once

#include "sma/core/thread_annotations.hpp"

#include <chrono>

namespace sma {

struct cpu_arbiter_limits {
    std::chrono::milliseconds decoding{1'000};  ///< longest wait of an image for the end of a pass
    std::chrono::milliseconds pass{10};         ///< longest wait of a pass for images being decoded
};

/// The threads of a forward pass meet at the end of every layer, so a decoder on one of their cores delays all of them.
/// Decoders therefore wait while a pass runs, and a pass begins when the decoders have finished their current images.
/// Both waits are bounded: a pass that hangs does not stop decoding, and one huge image does not stop passes. Shared by
/// the decode pool and the dispatcher, owned by both. Thread-safe.
class cpu_arbiter {
public:
    explicit cpu_arbiter(cpu_arbiter_limits l = {}) : limits_(l) {}
    cpu_arbiter(cpu_arbiter const&) = delete;
    cpu_arbiter& operator=(cpu_arbiter const&) = delete;

private:
    template <void (cpu_arbiter::*begin)(), void (cpu_arbiter::*end)()>
    class turn {
    public:
        /// With null there is no waiting.
        explicit turn(cpu_arbiter* arbiter) : arbiter_(arbiter) {
            if (arbiter_) (arbiter_->*begin)();
        }
        ~turn() {
            if (arbiter_) (arbiter_->*end)();
        }
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;

    private:
        cpu_arbiter* arbiter_;
    };

    void begin_decoding();
    void end_decoding();
    void begin_pass();
    void end_pass();

public:
    /// Held by a decode thread while it works on an image.
    using decoding = turn<&cpu_arbiter::begin_decoding, &cpu_arbiter::end_decoding>;
    /// Held by the inference thread during a forward pass.
    using pass = turn<&cpu_arbiter::begin_pass, &cpu_arbiter::end_pass>;

private:
    cpu_arbiter_limits const limits_;
    mutex mutex_;
    std::condition_variable pass_ended_;
    std::condition_variable decoding_ended_;
    int images_ SMA_GUARDED_BY(mutex_) = 0;  ///< being decoded
    bool pass_ SMA_GUARDED_BY(mutex_) = false;
};

}  // namespace sma
