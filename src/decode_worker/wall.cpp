#include "wall.hpp"

#include "landlock.hpp"
#include "resource_limits.hpp"
#include "system_calls.hpp"

#include <sys/prctl.h>

#include <csignal>

namespace sma::decode_worker {

void end_with_server() noexcept { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

result<void> raise_wall(std::int64_t pixels_max) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error(errc::unsupported, "the kernel does not let privileges be given up");
    if (auto limited = limit_resources(pixels_max); !limited) return limited;
    // Other processes of the same user may not look into this one. Its own files in /proc are root's now.
    ::prctl(PR_SET_DUMPABLE, 0);
    forbid_files();
    return filter_system_calls();
}

}  // namespace sma::decode_worker
