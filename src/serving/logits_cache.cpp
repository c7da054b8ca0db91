#include "sma/serving/logits_cache.hpp"

#include "sma/core/metrics.hpp"

#include <utility>

namespace sma::serving {
namespace {

// The two nodes and the bucket of one entry, as libstdc++ allocates them, rounded up.
constexpr std::size_t bookkeeping_bytes = 128;

}  // namespace

logits_cache::logits_cache(std::size_t bytes_max, clock now, metrics& m)
    : bytes_max_(bytes_max), now_(std::move(now)), metrics_(m) {}

logits_cache::~logits_cache() { clear(); }

std::optional<logits_cache::hit> logits_cache::find(content_digest const& key) {
    auto const found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    auto const& e = *found->second;
    return hit{e.logits, std::chrono::duration_cast<std::chrono::seconds>(now_() - e.stored_at)};
}

void logits_cache::put(content_digest const& key, std::vector<float> logits) {
    if (auto const old = by_key_.find(key); old != by_key_.end()) drop(old->second);
    entry made{key, std::move(logits), now_()};
    auto const bytes = bytes_of(made);
    if (bytes > bytes_max_) return show_bytes();
    while (bytes_ + bytes > bytes_max_) {
        drop(std::prev(entries_.end()));
        metrics_.cache_evictions_total.Increment();
    }
    entries_.push_front(std::move(made));
    by_key_.emplace(key, entries_.begin());
    bytes_ += bytes;
    show_bytes();
}

void logits_cache::clear() {
    by_key_.clear();
    entries_.clear();
    bytes_ = 0;
    show_bytes();
}

std::size_t logits_cache::bytes_of(entry const& e) noexcept {
    return sizeof(entry) + e.logits.capacity() * sizeof(float) + bookkeeping_bytes;
}

void logits_cache::drop(std::list<entry>::iterator it) {
    bytes_ -= bytes_of(*it);
    by_key_.erase(it->key);
    entries_.erase(it);
}

// The gauge is the sum of all caches.
void logits_cache::show_bytes() {
    metrics_.cache_bytes.Increment(static_cast<double>(bytes_) - static_cast<double>(shown_));
    shown_ = bytes_;
}

}  // namespace sma::serving
