#include "connection_registry.hpp"

#include <vector>

namespace sma::http {

void connection_registry::enter(registered_session& s) {
    open_.push_back(s);
    ++size_;
    metrics_.add_connections(1);
}

void connection_registry::leave(registered_session& s) noexcept {
    if (!s.open_hook::is_linked()) return;
    s.open_hook::unlink();
    s.idle_hook::unlink();
    bool const was_full = is_full();
    --size_;
    metrics_.add_connections(-1);
    if (was_full) capacity_freed_.cancel();
}

void connection_registry::begin_idle(registered_session& s, steady_time now) {
    s.idle_since = now;
    idle_.push_back(s);
}

void connection_registry::make_room() {
    if (idle_.empty()) return;
    auto& oldest = idle_.front();
    if (std::chrono::steady_clock::now() - oldest.idle_since >= evictable_after_) oldest.leave_if_idle();
}

void connection_registry::end_idle_sessions() {
    for (auto& session : idle_) session.leave_if_idle();
}

void connection_registry::abort_all() {
    // A session may end, and so leave the list, while it is told.
    std::vector<std::shared_ptr<registered_session>> all;
    all.reserve(size_);
    for (auto& session : open_) all.push_back(session.shared_from_this());
    for (auto const& session : all) session->abort();
}

}  // namespace sma::http
