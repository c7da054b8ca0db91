// Decoding and the forward pass take turns on the cores, instead of fighting for them.
#pragma once

#include "sma/core/thread_annotations.hpp"

#include <chrono>

namespace sma {

struct core_turn_limits {
    std::chrono::milliseconds decoding{1'000};  ///< how long an image waits for a pass to end
    std::chrono::milliseconds pass{10};         ///< how long a pass waits for images being decoded
};

/// A forward pass is a team of threads that meet at the end of every layer: a decoder that takes one of its cores holds
/// up the whole team. So decoders wait while a pass runs, and a pass begins when the decoders have put down what they
/// hold. Either waits only so long: a pass that hangs does not stop decoding, and one huge image does not stop passes.
/// Shared by the decode pool and the dispatcher, owned by the composition root. Thread-safe.
class core_turns {
public:
    explicit core_turns(core_turn_limits l = {}) : limits_(l) {}
    core_turns(core_turns const&) = delete;
    core_turns& operator=(core_turns const&) = delete;

    /// Held by a decode thread while it works on an image. Move-only by way of guaranteed elision.
    class decoding {
    public:
        explicit decoding(core_turns* turns) : turns_(turns) {
            if (turns_) turns_->begin_decoding();
        }
        ~decoding() {
            if (turns_) turns_->end_decoding();
        }
        decoding(decoding const&) = delete;
        decoding& operator=(decoding const&) = delete;

    private:
        core_turns* turns_;
    };

    /// Held by the inference thread during a forward pass.
    class pass {
    public:
        explicit pass(core_turns* turns) : turns_(turns) {
            if (turns_) turns_->begin_pass();
        }
        ~pass() {
            if (turns_) turns_->end_pass();
        }
        pass(pass const&) = delete;
        pass& operator=(pass const&) = delete;

    private:
        core_turns* turns_;
    };

private:
    void begin_decoding();
    void end_decoding();
    void begin_pass();
    void end_pass();

    core_turn_limits const limits_;
    mutex mutex_;
    std::condition_variable pass_ended_;
    std::condition_variable decoding_ended_;
    int images_ SMA_GUARDED_BY(mutex_) = 0;  ///< being decoded
    bool pass_ SMA_GUARDED_BY(mutex_) = false;
};

}  // namespace sma
