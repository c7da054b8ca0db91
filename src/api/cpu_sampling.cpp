#include "cpu_sampling.hpp"

#include "sma/core/errno_error.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sma::api {
namespace {

result<std::string> read_all(int file) {
    struct stat found {};
    if (::fstat(file, &found) != 0) return errno_error("the profile's size cannot be read");
    std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
    std::size_t there = 0;
    while (there < bytes.size()) {
        auto const size = ::pread(file, bytes.data() + there, bytes.size() - there, static_cast<off_t>(there));
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return errno_error("the profile cannot be read");
        there += static_cast<std::size_t>(size);
    }
    return bytes;
}

}  // namespace

result<std::unique_ptr<cpu_sampling>> cpu_sampling::start(profiler_part const& profiler) {
    int const file = ::memfd_create("cpu-profile", MFD_CLOEXEC);
    if (file < 0) return errno_error("not enough memory for a profile");
    // The profiler opens what it is named; this way it needs no place on a disk.
    auto const name = "/proc/self/fd/" + std::to_string(file);
    if (profiler.start(name.c_str()) == 0) {
        ::close(file);
        return error(errc::conflict, "this process is being profiled already: try again later");
    }
    return std::unique_ptr<cpu_sampling>(new cpu_sampling(profiler, file));
}

void cpu_sampling::stop() noexcept {
    if (std::exchange(running_, false)) profiler_.stop();
}

cpu_sampling::~cpu_sampling() {
    stop();
    ::close(file_);
}

result<std::string> cpu_sampling::finish() {
    stop();
    return read_all(file_);
}

}  // namespace sma::api
