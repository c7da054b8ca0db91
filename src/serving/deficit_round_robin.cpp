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
    members_[member].wants = wish::nothing;
}

bool deficit_round_robin::somebody_wants(priority rank) const {
    return std::any_of(members_.begin(), members_.end(),
                       [rank](state const& one) { return one.wants == wish::now && one.rank == rank; });
}

bool deficit_round_robin::somebody_is_about_to(priority rank) const {
    return std::any_of(members_.begin(), members_.end(),
                       [rank](state const& one) { return one.wants == wish::soon && one.rank == rank; });
}

// The background also waits for those who are about to want a turn: a pass that has begun would delay them.
std::optional<std::size_t> deficit_round_robin::next() {
    bool const background = somebody_wants(priority::background);
    if (!background && !somebody_wants(priority::normal)) return std::nullopt;
    bool const normal = somebody_wants(priority::normal) || somebody_is_about_to(priority::normal);
    auto const rank = normal ? priority::normal : priority::background;
    while (!visit(members_[place_], rank)) place_ = (place_ + 1) % members_.size();
    return place_;
}

// One step of a round. Who wants nothing pays off what it owes, and saves nothing.
bool deficit_round_robin::visit(state& one, priority rank) const {
    if (!one.is_member || one.rank != rank) return false;
    if (one.wants == wish::nothing) {
        one.balance = std::min(none, one.balance + quantum_);
        return false;
    }
    if (one.balance <= none) one.balance += quantum_;
    return one.balance > none;
}

bool deficit_round_robin::charge(std::size_t member, std::chrono::nanoseconds used) {
    auto& one = members_[member];
    one.balance -= used;
    bool const interrupted = one.rank == priority::background && somebody_wants(priority::normal);
    if (one.balance > none && !interrupted) return true;
    place_ = (member + 1) % members_.size();
    return false;
}

void deficit_round_robin::forfeit(std::size_t member) {
    members_[member].balance = std::min(members_[member].balance, none);
    place_ = (member + 1) % members_.size();
}

}  // namespace sma::serving
