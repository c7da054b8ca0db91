#include "sma/model/file_bytes.hpp"

#include "sma/model/file_version.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>

namespace sma::model {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

struct descriptor {
    int fd;
    ~descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

/// Filling a hundred megabytes of small pages takes three times as long.
void wish_for_huge_pages(std::byte* memory, std::size_t size) noexcept {
    if (size < 2 * huge_page) return;
    auto const before = (huge_page - reinterpret_cast<std::uintptr_t>(memory) % huge_page) % huge_page;
    ::madvise(memory + before, (size - before) / huge_page * huge_page, MADV_HUGEPAGE);
}

/// The number of bytes read; fewer than `size` only if the file has become shorter. Negative: errno has the reason.
ssize_t read_all(int fd, std::byte* into, std::size_t size) noexcept {
    std::size_t done = 0;
    while (done < size) {
        auto const count = ::read(fd, into + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -1;
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(done);
}

}  // namespace

error file_error(std::filesystem::path const& file, char const* what, int errno_value) {
    return error(errc::io_error,
                 file.filename().string() + " cannot be " + what + ": " + std::generic_category().message(errno_value));
}

result<std::shared_ptr<file_bytes const>> file_bytes::read(std::filesystem::path const& file, std::size_t most) {
    descriptor const d{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe without a writer would wait
    if (d.fd < 0) return file_error(file, "opened", errno);
    struct stat status {};
    if (::fstat(d.fd, &status) != 0) return file_error(file, "read", errno);
    if (S_ISDIR(status.st_mode)) return file_error(file, "read", EISDIR);
    if (!S_ISREG(status.st_mode)) return error(errc::io_error, file.filename().string() + " is not a regular file");
    auto const before = file_version::of(d.fd);
    if (!before) return before.error();
    auto const size = std::min(static_cast<std::size_t>(before->bytes), most);
    std::unique_ptr<std::byte[]> memory(new (std::nothrow) std::byte[size]);
    if (!memory) return error(errc::out_of_memory, "not enough memory to read " + file.filename().string());
    wish_for_huge_pages(memory.get(), size);
    auto const count = read_all(d.fd, memory.get(), size);
    if (count < 0) return file_error(file, "read", errno);
    if (static_cast<std::size_t>(count) < size)
        return error(errc::io_error, file.filename().string() + " was truncated while it was being read");
    // A read that a change overtakes may still give as many bytes as the file had, some of them zeros.
    auto const after = file_version::of(d.fd);
    if (!after || *after != *before)
        return error(errc::io_error, file.filename().string() + " changed while it was being read");
    return std::shared_ptr<file_bytes const>(new file_bytes(std::move(memory), size));
}

}  // namespace sma::model
