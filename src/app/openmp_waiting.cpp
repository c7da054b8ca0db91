#include "sma/app/openmp_waiting.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace sma::app {
namespace {

// Turns of libgomp's waiting loop, some tens of microseconds: longer than most of a network's barriers last, far
// shorter than a decode thread may want the processor. By default libgomp turns 300,000 times. Measured in
// ARCHITECTURE.md.
constexpr char const* spin_count = "10000";

}  // namespace

void choose_openmp_waiting(char const* const* arguments) {
    if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    std::error_code failed;
    auto const program = std::filesystem::read_symlink("/proc/self/exe", failed);
    if (failed || ::setenv("GOMP_SPINCOUNT", spin_count, 0) != 0) return;
    ::execv(program.c_str(), const_cast<char* const*>(arguments));
}

}  // namespace sma::app
