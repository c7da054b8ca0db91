#include "landlock.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

namespace sma::decode_worker {

#if defined(SYS_landlock_create_ruleset) && defined(LANDLOCK_CREATE_RULESET_VERSION)

namespace {

/// Kinds of access to files that each version of the interface knows, from 1 on: the number of its lowest bits.
constexpr std::array file_rights{13, 14, 15, 15, 16};
/// To listen and to connect over TCP, from version 4 on.
constexpr std::uint64_t network_rights = 3;

/// As of version 4: what this build's header has may be shorter. Older kernels are shown its first member alone.
struct rules {
    std::uint64_t files;
    std::uint64_t network;
};

}  // namespace

void forbid_files() noexcept {
    auto const version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return;
    auto const known =
        static_cast<std::size_t>(version) < file_rights.size() ? static_cast<std::size_t>(version) : file_rights.size();
    rules const none{(std::uint64_t{1} << file_rights[known - 1]) - 1, network_rights};
    auto const size = version < 4 ? sizeof none.files : sizeof none;
    int const ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &none, size, 0));
    if (ruleset < 0) return;
    ::syscall(SYS_landlock_restrict_self, ruleset, 0);
    ::close(ruleset);
}

#else

void forbid_files() noexcept {}

#endif

}  // namespace sma::decode_worker
