#include "resource_limits.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace sma::decode_worker {
namespace {

// An image may take 8 bytes a pixel (image/limits), and libraries may hold it twice.
constexpr std::int64_t bytes_a_pixel = 16;
constexpr std::int64_t bytes_besides = 64 * 1024 * 1024;

/// Pages of private memory that is written to, the sixth number of /proc/self/statm (proc(5)).
std::int64_t data_bytes() {
    long long pages = 0;
    if (auto* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*d %*d %*d %*d %*d %lld", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return pages * ::sysconf(_SC_PAGESIZE);
}

// The highest of 1,000, since a worker is replaced; the server's own value may be anything.
void be_first_to_end() {
    if (auto* file = std::fopen("/proc/self/oom_score_adj", "w")) {
        std::fputs("1000", file);
        std::fclose(file);
    }
}

bool limit(int resource, std::int64_t value) noexcept {
    rlimit both{};
    both.rlim_cur = both.rlim_max = static_cast<rlim_t>(value);
    return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both) == 0;
}

}  // namespace

result<void> limit_resources(std::int64_t pixels_max) {
    be_first_to_end();
    bool const limited = limit(RLIMIT_DATA, data_bytes() + bytes_besides + pixels_max * bytes_a_pixel) &&
                         limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_CORE, 0);
    if (!limited) return error(errc::unsupported, "the kernel does not take the limits of a worker");
    return {};
}

}  // namespace sma::decode_worker
