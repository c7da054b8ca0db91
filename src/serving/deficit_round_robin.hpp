// Deficit round robin: whose turn is next, so that all have equal shares of time.
//
// Shreedhar and Varghese, Efficient Fair Queuing using Deficit Round Robin, SIGCOMM 1995, with members in place of
// flows and time in place of bytes. A turn is charged when it has ended, since only then its time is known: a balance
// may become negative, and its member waits until the rounds have paid for it. A plain value without a clock.
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

    enum class wish {
        nothing,
        soon,  ///< has no use for a turn yet, but is about to
        now,
    };

    /// Each round gives a member `quantum`, > 0.
    explicit deficit_round_robin(std::chrono::nanoseconds quantum) : quantum_(quantum) {}

    /// The new member's number.
    std::size_t add(priority rank);
    void remove(std::size_t member);
    bool is_background(std::size_t member) const { return members_[member].rank == priority::background; }
    wish wish_of(std::size_t member) const { return members_[member].wants; }
    void set_wish(std::size_t member, wish w) { members_[member].wants = w; }

    /// The member whose turn is next, if any wants one now. It may be one that wants it soon, for whom the others
    /// should wait a little; asked again, the answer is the same until somebody's wish has changed.
    std::optional<std::size_t> next();
    /// The member has used so much. True if it may go on.
    bool charge(std::size_t member, std::chrono::nanoseconds used);
    /// The member has nothing to do: it keeps what it owes, not what it had left.
    void forfeit(std::size_t member);

private:
    struct state {
        priority rank;
        bool is_member = true;
        wish wants = wish::nothing;
        std::chrono::nanoseconds balance{0};  ///< what is left of its time, or what it owes
    };

    bool somebody_wants(priority rank) const;
    bool somebody_is_about_to(priority rank) const;
    bool visit(state& one, priority rank) const;

    std::chrono::nanoseconds quantum_;
    std::vector<state> members_;
    std::size_t place_ = 0;  ///< of the round
};

}  // namespace sma::serving
