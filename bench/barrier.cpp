// Benchmark of what threads cost that meet: an empty OpenMP region, and a cache line that goes from core to core.
//   bench_barrier [THREADS]
// Prints {"threads": N, "region_us": T, "line_us": T}, medians.
#include "sma/core/usable_resources.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

constexpr int rounds = 201;

/// Of the time that `work` takes, a turn of it.
template <class Work>
double median_us(int turns, Work work) {
    std::vector<double> us;
    for (int round = 0; round < rounds; ++round) {
        auto const start = clock_type::now();
        work();
        us.push_back(std::chrono::duration<double, std::micro>(clock_type::now() - start).count() / turns);
    }
    std::nth_element(us.begin(), us.begin() + rounds / 2, us.end());
    return us[rounds / 2];
}

double region_us() {
    constexpr int turns = 500;
    std::atomic<int> met = 0;
    return median_us(turns, [&met] {
        for (int i = 0; i < turns; ++i) {
#pragma omp parallel
            if (omp_get_thread_num() < 0) ++met;  // never; what does nothing at all is left out by the compiler
        }
    });
}

/// Two threads write to it in turn.
double line_us() {
    constexpr int turns = 1000;  // there and back
    std::atomic<int> line = 0;
    std::atomic<bool> ends = false;
    std::thread other([&] {
        while (!ends)
            if (int const seen = line; seen % 2 == 1) line = seen + 1;
    });
    double const us = median_us(2 * turns, [&line] {
        for (int i = 0; i < turns; ++i) {
            int const sent = ++line;
            while (line == sent) {
            }
        }
    });
    ends = true;
    other.join();
    return us;
}

}  // namespace

int main(int argc, char** argv) {
    int const threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : sma::usable_cpus();
    omp_set_num_threads(threads);
    std::printf("{\"threads\": %d, \"region_us\": %.3f, \"line_us\": %.3f}\n", threads, region_us(), line_us());
}
