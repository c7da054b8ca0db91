#include "sma/app/openmp_spin.hpp"

#include <alloca.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>

namespace sma::app {
namespace {

// Turns of libgomp's waiting loop, some tens of microseconds: longer than most of a network's barriers last, far
// shorter than a decode thread may want the processor. By default libgomp turns 300,000 times. Measured in
// docs/performance.md.
char spin_count[] = "GOMP_SPINCOUNT=10000";

bool is_chosen(char* const* environment) noexcept {
    for (auto const* entry = environment; *entry != nullptr; ++entry)
        if (std::strncmp(*entry, "GOMP_SPINCOUNT=", 15) == 0 || std::strncmp(*entry, "OMP_WAIT_POLICY=", 16) == 0)
            return true;
    return false;
}

bool runs_the_network(char* const* arguments) noexcept {
    for (auto const* word = arguments; *word != nullptr; ++word)
        if (std::strcmp(*word, "serve") == 0 || std::strcmp(*word, "batch") == 0) return true;
    return false;
}

}  // namespace

void choose_openmp_spin(int, char** arguments, char** environment) noexcept {
    if (!runs_the_network(arguments) || is_chosen(environment)) return;
    std::array<char, PATH_MAX> program;
    auto const length = ::readlink("/proc/self/exe", program.data(), program.size() - 1);
    if (length <= 0) return;
    program[static_cast<std::size_t>(length)] = '\0';
    std::size_t count = 0;
    while (environment[count] != nullptr) ++count;
    auto** const more = static_cast<char**>(alloca((count + 2) * sizeof(char*)));
    std::memcpy(more, environment, count * sizeof(char*));
    more[count] = spin_count;
    more[count + 1] = nullptr;
    ::execve(program.data(), arguments, more);
}

}  // namespace sma::app
