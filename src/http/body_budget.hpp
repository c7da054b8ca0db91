// Bytes of request bodies in memory, limited over all connections.
#pragma once

#include "server_metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace sma::http {

/// I/O thread only.
class body_budget {
public:
    body_budget(std::size_t bytes_max, server_metrics& m) noexcept : bytes_max_(bytes_max), metrics_(m) {}

    /// False, and nothing is held, if that would exceed the limit.
    bool hold(std::size_t bytes) noexcept {
        if (!could_hold(bytes)) return false;
        held_ += bytes;
        total_ += bytes;
        metrics_.add_body_bytes(static_cast<double>(bytes));
        return true;
    }
    void release(std::size_t bytes) noexcept {
        if (bytes == 0) return;
        held_ -= bytes;
        metrics_.add_body_bytes(-static_cast<double>(bytes));
    }
    bool could_hold(std::uint64_t bytes) const noexcept { return bytes <= bytes_max_ && held_ <= bytes_max_ - bytes; }
    std::size_t held() const noexcept { return held_; }
    /// All bytes that were ever held.
    std::uint64_t total() const noexcept { return total_; }

private:
    std::size_t const bytes_max_;
    server_metrics& metrics_;
    std::size_t held_ = 0;
    std::uint64_t total_ = 0;
};

/// Bytes of one request's body that the budget holds, until this is destroyed or cleared.
class held_bytes {
public:
    explicit held_bytes(body_budget& budget) noexcept : budget_(budget) {}
    ~held_bytes() { clear(); }
    held_bytes(held_bytes const&) = delete;
    held_bytes& operator=(held_bytes const&) = delete;

    bool add(std::size_t bytes) noexcept {
        if (!budget_.hold(bytes)) return false;
        bytes_ += bytes;
        return true;
    }
    void clear() noexcept { budget_.release(std::exchange(bytes_, 0)); }

private:
    body_budget& budget_;
    std::size_t bytes_ = 0;
};

}  // namespace sma::http
