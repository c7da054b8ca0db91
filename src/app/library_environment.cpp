#include "library_environment.hpp"

#include <cstdlib>

namespace sma::app {
namespace {

// Turns of libgomp's waiting loop, some tens of microseconds: longer than most of a network's barriers last, far
// shorter than a decode thread may want the processor. By default libgomp turns 300,000 times. Measured in
// docs/performance.md.
constexpr char const* spin_count = "10000";

}  // namespace

void choose_library_environment() {
    if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", spin_count, 0);
    // libtorch 2.6 brings UCX on Debian 13, which takes SIGHUP for its own debugger when it is loaded, and gives it its
    // default action, which ends the process, when it is unloaded: a reload in the last moments of a server would
    // determine its exit status.
    ::setenv("UCX_DEBUG_SIGNO", "0", 0);
    // libvips looks for plug-ins (ImageMagick, PDF, HEIF) below it: where there are none, none is loaded.
    ::setenv("VIPSHOME", "/nonexistent", 1);
}

}  // namespace sma::app
