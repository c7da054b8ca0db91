// Attacks of hostile clients that run until they are stopped, to measure their effect on other clients.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sma::test {

struct attack {
    std::string name;
    /// Begins at once and goes on until told to stop. On a thread of its own.
    std::function<void(std::uint16_t port, std::atomic<bool> const& stopping)> run;
};

std::vector<attack> all_attacks();

}  // namespace sma::test
