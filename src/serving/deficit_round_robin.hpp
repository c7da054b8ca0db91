// Deficit round robin: whose turn is next, so that all have equal shares of time.
//
// Shreedhar and Varghese, Efficient Fair Queuing using Deficit Round Robin, SIGCOMM 1995, with members in place of flows
// and time in place of bytes. A turn is charged when it has ended, since only then its time is known: a balance may
// become negative, and its member waits until the rounds have paid for it. A plain value without a clock.
#pragma once

#include "sma/serving/engine_turns.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace sma::serving {

class deficit_round_robin {
public:
    using priority = engine_turns::priority;

    /// Each round gives a member `quantum`, > 0.
    explicit deficit_round_robin(std::chrono::nanoseconds quantum) : quantum_(quantum) {}

    /// The new member's number.
    std::size_t add(priority rank);
    void remove(std::size_t member);
    void set_waiting(std::size_t member, bool waits) { members_[member].waits = waits; }

    /// The member that is next of those that wait, which then no longer waits; nothing if none does.
    std::optional<std::size_t> take_next();
    /// The member has used so much. True if it may go on.
    bool charge(std::size_t member, std::chrono::nanoseconds used);
    /// The member has nothing to do: it keeps what it owes, not what it had left.
    void forfeit(std::size_t member);

private:
    struct state {
        priority rank;
        bool is_member = true;
        bool waits = false;
        std::chrono::nanoseconds balance{0};  ///< what is left of its time, or what it owes
    };

    bool somebody_waits(priority rank) const;
    bool visit(state& one, priority rank) const;

    std::chrono::nanoseconds quantum_;
    std::vector<state> members_;
    std::size_t last_ = 0;  ///< who had the turn last
};

}  // namespace sma::serving
