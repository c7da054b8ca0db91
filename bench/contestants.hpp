// Contestants of a benchmark, which take turns in one process; the median of each one's runs counts.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace sma::bench {

struct contestant {
    std::string name;
    std::function<void()> run;
    std::vector<double> ms{};

    double median() {
        std::sort(ms.begin(), ms.end());
        return ms[ms.size() / 2];
    }
    /// Hardly disturbed by what else the machine does.
    double fastest() const { return *std::min_element(ms.begin(), ms.end()); }
};

/// Turns of a few runs each, over and over, until `seconds` are over, and at least `turns` of them. The first run of a
/// turn finds the caches full of what the one before it left there, which no server would see; it is not counted.
inline void take_turns(std::vector<contestant>& all, double seconds, int turns) {
    using clock_type = std::chrono::steady_clock;
    constexpr int runs_a_turn = 4;
    for (auto& c : all) c.run();
    auto const end = clock_type::now() + std::chrono::duration<double>(seconds);
    for (int turn = 0; turn < turns || clock_type::now() < end; ++turn)
        for (auto& c : all) {
            c.run();
            for (int i = 0; i < runs_a_turn; ++i) {
                auto const start = clock_type::now();
                c.run();
                c.ms.push_back(std::chrono::duration<double, std::milli>(clock_type::now() - start).count());
            }
        }
}

}  // namespace sma::bench
