#include "deficit_round_robin.hpp"

#include <algorithm>

namespace sma::serving {
namespace {

constexpr std::chrono::nanoseconds none{0};

}  // namespace

std::size_t deficit_round_robin::add(priority rank) {
    members_.push_back({rank});
    return members_.size() - 1;
}

// Its place stays, so that the others keep theirs.
void deficit_round_robin::remove(std::size_t member) {
    members_[member].is_member = false;
    members_[member].waits = false;
}

bool deficit_round_robin::somebody_waits(priority rank) const {
    return std::any_of(members_.begin(), members_.end(),
                       [rank](state const& one) { return one.waits && one.rank == rank; });
}

std::optional<std::size_t> deficit_round_robin::take_next() {
    auto const rank = somebody_waits(priority::normal) ? priority::normal : priority::background;
    if (!somebody_waits(rank)) return std::nullopt;
    do {
        last_ = (last_ + 1) % members_.size();
    } while (!visit(members_[last_], rank));
    members_[last_].waits = false;
    return last_;
}

// One step of a round. Who does not wait pays off what it owes, and saves nothing.
bool deficit_round_robin::visit(state& one, priority rank) const {
    if (!one.is_member || one.rank != rank) return false;
    if (!one.waits) {
        one.balance = std::min(none, one.balance + quantum_);
        return false;
    }
    if (one.balance <= none) one.balance += quantum_;
    return one.balance > none;
}

bool deficit_round_robin::charge(std::size_t member, std::chrono::nanoseconds used) {
    auto& one = members_[member];
    one.balance -= used;
    bool const interrupted = one.rank == priority::background && somebody_waits(priority::normal);
    return one.balance > none && !interrupted;
}

void deficit_round_robin::forfeit(std::size_t member) {
    members_[member].balance = std::min(members_[member].balance, none);
}

}  // namespace sma::serving
