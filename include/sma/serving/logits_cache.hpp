// LRU cache of logits, keyed by content digest.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/serving/content_hasher.hpp"

#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sma {
class metrics;
}

namespace sma::serving {

/// Bounded in bytes; the least recently used entry is evicted first. Belongs to one thread.
class logits_cache {
public:
    using clock = std::function<steady_time()>;

    logits_cache(std::size_t bytes_max, clock now, metrics& m);
    ~logits_cache();
    logits_cache(logits_cache const&) = delete;
    logits_cache& operator=(logits_cache const&) = delete;

    struct hit {
        std::vector<float> const& logits;  ///< until the next call of put() or clear()
        std::chrono::seconds age;
    };
    std::optional<hit> find(content_digest const& key);
    /// Does nothing if the entry alone exceeds the bound.
    void put(content_digest const& key, std::vector<float> logits);
    void clear();

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct entry {
        content_digest key;
        std::vector<float> logits;
        steady_time stored_at;
    };
    struct hash {
        // The key is a hash already: any of its bytes will do.
        std::size_t operator()(content_digest const& key) const noexcept {
            std::size_t value = 0;
            std::memcpy(&value, key.data(), sizeof value);
            return value;
        }
    };

    static std::size_t bytes_of(entry const& e) noexcept;
    void drop(std::list<entry>::iterator it);
    void show_bytes();

    std::size_t const bytes_max_;
    clock const now_;
    metrics& metrics_;
    std::list<entry> entries_;  ///< most recently asked for first
    std::unordered_map<content_digest, std::list<entry>::iterator, hash> by_key_;
    std::size_t bytes_ = 0;
    std::size_t shown_ = 0;  ///< what it has added to the gauge
};

}  // namespace sma::serving
