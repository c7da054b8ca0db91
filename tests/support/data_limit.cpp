#include "data_limit.hpp"

#include "catch.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace sma::test {

std::size_t data_bytes(pid_t id) {
    std::ifstream status("/proc/" + std::to_string(id) + "/status");
    std::size_t kilobytes = 0;
    for (std::string word; status >> word;)
        if (word == "VmData:") status >> kilobytes;
    return kilobytes * 1024;
}

void limit_data(pid_t id, rlim_t bytes) {
    rlimit limit{};
    REQUIRE(::prlimit(id, RLIMIT_DATA, nullptr, &limit) == 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    REQUIRE(::prlimit(id, RLIMIT_DATA, &limit, nullptr) == 0);
}

}  // namespace sma::test
