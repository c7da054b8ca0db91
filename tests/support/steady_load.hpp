// Clients that use a server while something happens to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace sma::test {

/// Clients that ask for a prediction one after the other until told to stop, each with pauses as long as its answers
/// take: that leaves others, such as a reload, some of the processor.
class steady_load {
public:
    steady_load(std::uint16_t port, int clients);
    ~steady_load() { stop(); }
    steady_load(steady_load const&) = delete;
    steady_load& operator=(steady_load const&) = delete;

    void stop();
    int answered() const { return answered_; }
    /// Wrong answers and broken connections.
    int lost() const { return lost_; }

private:
    void run(std::uint16_t port);

    std::atomic<bool> stopping_ = false;
    std::atomic<int> answered_ = 0;
    std::atomic<int> lost_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace sma::test
