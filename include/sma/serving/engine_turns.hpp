// Turns of several models on the engine's cores: one forward pass at a time, in equal shares of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace sma::serving {

struct engine_turns_options {
    std::chrono::nanoseconds quantum = std::chrono::milliseconds(10);   ///< of a model, before another has its turn
    std::chrono::nanoseconds patience = std::chrono::milliseconds(20);  ///< with a model whose images are still decoded
    std::chrono::nanoseconds background_wait = std::chrono::milliseconds(50);  ///< for a turn, at a time
};

/// Shared by the dispatchers of all models, which wait in begin() at most for the passes of the others, and once in
/// each of their turns for `patience`; in the background at most for `background_wait`. Thread-safe.
class engine_turns {
public:
    enum class priority {
        normal,
        background  ///< has the turns that no model of normal priority wants
    };

    explicit engine_turns(engine_turns_options o = {});
    ~engine_turns();

    /// One model among them; used by its inference thread alone.
    class member {
    public:
        /// `expects_work` tells whether there will be something to run soon: a light model whose images are decoded
        /// during a heavy one's pass would else come too late for each of its turns. It is called on any model's
        /// thread, and must not block. With null turns the member always has the turn.
        member(std::shared_ptr<engine_turns> turns, std::function<bool()> expects_work,
               priority rank = priority::normal);
        ~member();
        member(member const&) = delete;
        member& operator=(member const&) = delete;

        /// Waits for a turn. Returns at once where it still has one, and without one where a background member has
        /// waited too long: others may always want theirs, and what it waits with has deadlines.
        void begin();
        bool has_turn() const noexcept { return has_turn_; }
        /// A pass has taken so long. The turn is over where that was all of its time.
        void end(std::chrono::nanoseconds took);
        /// Nothing is there to run: the turn is over.
        void yield();

    private:
        std::shared_ptr<engine_turns> turns_;
        std::size_t number_ = 0;
        bool has_turn_ = false;
    };

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::serving
