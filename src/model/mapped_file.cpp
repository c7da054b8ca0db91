#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sma::model {

namespace {

struct descriptor {
    int fd;
    ~descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

error file_error(std::filesystem::path const& file, char const* what, int errno_value) {
    return error(errc::io_error,
                 file.filename().string() + " cannot be " + what + ": " + std::generic_category().message(errno_value));
}

result<std::shared_ptr<mapped_file const>> mapped_file::open(std::filesystem::path const& file) {
    descriptor const d{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (d.fd < 0) return file_error(file, "opened", errno);
    struct stat status {};
    if (::fstat(d.fd, &status) != 0) return file_error(file, "read", errno);
    if (S_ISDIR(status.st_mode)) return file_error(file, "read", EISDIR);
    if (!S_ISREG(status.st_mode)) return error(errc::io_error, file.filename().string() + " is not a regular file");
    auto const size = static_cast<std::size_t>(status.st_size);
    if (size == 0) return std::shared_ptr<mapped_file const>(new mapped_file({}));
    void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, d.fd, 0);
    if (address == MAP_FAILED) return file_error(file, "mapped", errno);
    // The whole file is about to be read once, from front to back.
    ::madvise(address, size, MADV_SEQUENTIAL);
    ::madvise(address, size, MADV_WILLNEED);
    return std::shared_ptr<mapped_file const>(new mapped_file({static_cast<std::byte const*>(address), size}));
}

mapped_file::~mapped_file() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace sma::model
