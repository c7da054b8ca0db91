#include "sma/app/library_variables.hpp"

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

// libtorch 2.6 brings UCX on Debian 13, which takes SIGHUP, for its own debugger, when it is loaded, and gives it its
// default action, which ends the process, when it is unloaded: a reload in the last moments of a server would determine
// its exit status.
char no_debugger[] = "UCX_DEBUG_SIGNO=0";

bool has(char* const* environment, char const* name) noexcept {
    for (auto const* entry = environment; *entry != nullptr; ++entry)
        if (std::strncmp(*entry, name, std::strlen(name)) == 0) return true;
    return false;
}

bool runs_the_network(char* const* arguments) noexcept {
    for (auto const* word = arguments; *word != nullptr; ++word)
        if (std::strcmp(*word, "serve") == 0 || std::strcmp(*word, "batch") == 0) return true;
    return false;
}

}  // namespace

void choose_library_variables(int, char** arguments, char** environment) noexcept {
    if (!runs_the_network(arguments)) return;
    bool const spin_is_chosen = has(environment, "GOMP_SPINCOUNT=") || has(environment, "OMP_WAIT_POLICY=");
    bool const debugger_is_chosen = has(environment, "UCX_DEBUG_SIGNO=");
    if (spin_is_chosen && debugger_is_chosen) return;
    std::array<char, PATH_MAX> program;
    auto const length = ::readlink("/proc/self/exe", program.data(), program.size() - 1);
    if (length <= 0) return;
    program[static_cast<std::size_t>(length)] = '\0';
    std::size_t count = 0;
    while (environment[count] != nullptr) ++count;
    auto** const more = static_cast<char**>(alloca((count + 3) * sizeof(char*)));
    std::memcpy(more, environment, count * sizeof(char*));
    if (!spin_is_chosen) more[count++] = spin_count;
    if (!debugger_is_chosen) more[count++] = no_debugger;
    more[count] = nullptr;
    ::execve(program.data(), arguments, more);
}

}  // namespace sma::app
