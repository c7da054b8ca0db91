#include "sample_file.hpp"

#include "sma/core/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace sma::serving {
namespace {

namespace fs = std::filesystem;

bool write_all(int descriptor, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

result<void> write_sample_file(fs::path const& file, std::string_view bytes) {
    auto part = file;
    part += unfinished;
    constexpr ::mode_t owner_only = 0600;
    unique_fd const descriptor(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, owner_only));
    bool const whole = descriptor && write_all(descriptor.get(), bytes) && ::rename(part.c_str(), file.c_str()) == 0;
    if (whole) return {};
    int const reason = errno;
    if (descriptor) ::unlink(part.c_str());
    return error(errc::io_error, std::strerror(reason));
}

}  // namespace sma::serving
