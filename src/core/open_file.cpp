#include "sma/core/open_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace sma {
namespace {

error cannot_read(int reason) { return error(errc::io_error, std::string("cannot be read: ") + std::strerror(reason)); }

}  // namespace

open_file& open_file::operator=(open_file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(bytes_, other.bytes_);
    std::swap(offset_, other.offset_);
    return *this;
}

open_file::~open_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

result<std::size_t> open_file::read(std::span<char> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        auto const got = ::pread(descriptor_, into.data() + filled, into.size() - filled, static_cast<off_t>(offset_));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
        offset_ += static_cast<std::uint64_t>(got);
    }
    return filled;
}

result<open_file> open_regular_file(std::string const& path) {
    // O_NONBLOCK: opening a pipe without a writer must not hang.
    int const descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return cannot_read(errno);
    struct stat status {};
    bool const known = ::fstat(descriptor, &status) == 0;
    open_file file(descriptor, known ? static_cast<std::uint64_t>(status.st_size) : 0);
    if (!known) return cannot_read(errno);
    if (!S_ISREG(status.st_mode)) return error(errc::io_error, "cannot be read: not a regular file");
    return file;
}

result<std::string> read_regular_file(std::string const& path, std::uint64_t bytes_max) {
    auto file = open_regular_file(path);
    if (!file) return file.error();
    if (file->bytes() > bytes_max)
        return error(errc::file_too_large, "the file has " + std::to_string(file->bytes()) + " bytes; the limit is " +
                                               std::to_string(bytes_max) + " (max_image_bytes)");
    try {
        std::string bytes(file->bytes(), '\0');
        auto const got = file->read(bytes);
        if (!got) return got.error();
        bytes.resize(*got);
        return bytes;
    } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory, "not enough memory for the file");
    }
}

}  // namespace sma
