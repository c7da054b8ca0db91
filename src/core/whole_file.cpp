#include "sma/core/whole_file.hpp"

#include "sma/core/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace sma {
namespace {

bool write_all(int descriptor, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Closed without an error, too: some file systems tell only then that the disk is full.
bool write_new(char const* file, std::span<std::string_view const> pieces, ::mode_t permissions) {
    unique_fd descriptor(::open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions));
    if (!descriptor) return false;
    auto const write = [&](std::string_view piece) { return write_all(descriptor.get(), piece); };
    return std::all_of(pieces.begin(), pieces.end(), write) && ::close(descriptor.release()) == 0;
}

}  // namespace

result<void> write_whole_file(std::filesystem::path const& file, std::span<std::string_view const> pieces,
                              ::mode_t permissions) {
    auto part = file;
    part += unfinished_file_ending;
    ::unlink(part.c_str());
    if (write_new(part.c_str(), pieces, permissions) && ::rename(part.c_str(), file.c_str()) == 0) return {};
    int const reason = errno;
    ::unlink(part.c_str());
    return error(errc::io_error,
                 file.filename().string() + " cannot be written: " + std::generic_category().message(reason));
}

result<void> write_whole_file(std::filesystem::path const& file, std::string_view bytes, ::mode_t permissions) {
    return write_whole_file(file, std::span(&bytes, 1), permissions);
}

}  // namespace sma
