#include "sma/core/part.hpp"
#include "sma/core/unique_fd.hpp"
#include "sma/isolation/isolated_work.hpp"
#include "sma/isolation/shared_memory.hpp"
#include "worker_slot.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace sma::isolation {
namespace {

constexpr char const* program_name = "decode-worker";

error impossible(std::string const& why) {
    return error(errc::unsupported,
                 "image decoders cannot be confined: " + why +
                     "; with decoder_isolation = \"none\" they run in the server itself, without that protection");
}

bool can_filter_system_calls() noexcept {
    std::uint32_t const action = SECCOMP_RET_KILL_PROCESS;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace

result<void> check_isolation(isolation_options const& options) {
    std::error_code ignored;
    if (!std::filesystem::exists(options.program, ignored))
        return impossible("the program decode-worker is not installed");
    if (!can_filter_system_calls()) return impossible("the system permits no filter of system calls (seccomp)");
    unique_fd descriptor;
    auto const memory = shared_memory::create(layout_for(options), descriptor);
    return memory ? result<void>() : impossible(memory.error().message);
}

std::filesystem::path worker_program() { return parts_folder() / program_name; }

}  // namespace sma::isolation
