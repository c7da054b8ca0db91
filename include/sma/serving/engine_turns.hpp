// Turns of several models on the engine's cores: one forward pass at a time, in equal shares of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

namespace sma::serving {

/// Shared by the dispatchers of all models, which wait in begin() at most for the passes of the others. Thread-safe.
class engine_turns {
public:
    enum class priority {
        normal,
        background  ///< has the turns that no model of normal priority wants
    };

    /// A model may go on for `quantum` before another has its turn.
    explicit engine_turns(std::chrono::nanoseconds quantum = std::chrono::milliseconds(10));
    ~engine_turns();

    /// One model among them; used by its inference thread alone.
    class member {
    public:
        /// With null it always has the turn.
        explicit member(std::shared_ptr<engine_turns> turns, priority rank = priority::normal);
        ~member();
        member(member const&) = delete;
        member& operator=(member const&) = delete;

        /// Waits for a turn. Returns at once where it still has one.
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
