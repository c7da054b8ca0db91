// Polling for a condition that another process brings about.
#pragma once

#include <chrono>
#include <thread>

namespace sma::test {

/// Polls until `condition()` holds. False if it does not within `limit`.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit) {
    auto const end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace sma::test
