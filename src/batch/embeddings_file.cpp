#include "sma/batch/embeddings_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace sma::batch {
namespace {

constexpr std::size_t header_bytes = 128;
/// Magic, version 1.0, and the length of what follows.
constexpr std::string_view preamble("\x93NUMPY\x01\x00\x76\x00", 10);
static_assert(preamble.size() + 0x76 == header_bytes);
constexpr char const* dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %" PRIu64 "), }";
constexpr char const* dictionary_read =
    "{'descr': '<f4', 'fortran_order': False, 'shape': (%" SCNu64 ", %" SCNu64 "), }";

error unusable(std::string text) { return error(errc::validation_error, std::move(text)); }
error failed_call(std::string const& what) { return error(errc::io_error, what + ": " + std::strerror(errno)); }

std::string npy_header(std::uint64_t rows, std::uint64_t width) {
    std::array<char, header_bytes> text{};
    int const length = std::snprintf(text.data(), text.size(), dictionary, rows, width);
    std::string header(preamble);
    header.append(text.data(), static_cast<std::size_t>(length));
    header.resize(header_bytes - 1, ' ');
    return header + '\n';
}

/// Nothing unless it is a header that this program writes.
std::optional<std::uint64_t> width_in(std::string const& header) {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    if (!header.starts_with(preamble)) return std::nullopt;
    if (std::sscanf(header.c_str() + preamble.size(), dictionary_read, &rows, &width) != 2) return std::nullopt;
    if (header != npy_header(rows, width)) return std::nullopt;
    return width;
}

}  // namespace

embeddings_file::~embeddings_file() { ::close(descriptor_); }

result<std::unique_ptr<embeddings_file>> embeddings_file::open(std::filesystem::path const& file,
                                                               embeddings_options const& options) {
    int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) return failed_call("cannot write " + file.string());
    std::unique_ptr<embeddings_file> opened(new embeddings_file(descriptor, file.string()));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return unusable(file.string() + " is being written by another process");
    auto const prepared = opened->prepare(options);
    if (!prepared) return prepared.error();
    return opened;
}

result<void> embeddings_file::prepare(embeddings_options const& options) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return failed_call(name_);
    if (!S_ISREG(status.st_mode)) return unusable(name_ + " is not a regular file, which --embed needs");
    auto const bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes > 0 && !options.resume && !options.overwrite)
        return unusable(name_ + " is not empty: --resume continues it, --overwrite replaces it");
    if (options.resume && (options.rows > 0 || bytes > 0)) return recover(options.rows, bytes);
    if (::ftruncate(descriptor_, 0) != 0) return failed_call("cannot write " + name_);
    return {};
}

result<void> embeddings_file::recover(std::uint64_t rows, std::uint64_t bytes) {
    std::string header(header_bytes, '\0');
    bool const whole = ::pread(descriptor_, header.data(), header_bytes, 0) == static_cast<ssize_t>(header_bytes);
    auto const width = whole ? width_in(header) : std::nullopt;
    if (!width) return unusable(name_ + " is not a file of embeddings as --embed writes it");
    width_ = *width;
    if (bytes - header_bytes < rows * row_bytes() || (rows > 0 && width_ == 0))
        return unusable(name_ + " has fewer rows than the results name: start again with --overwrite");
    rows_ = rows;
    if (::ftruncate(descriptor_, static_cast<off_t>(header_bytes + rows * row_bytes())) != 0)
        return failed_call("cannot repair " + name_);
    return finish();
}

result<std::uint64_t> embeddings_file::append(std::span<float const> embedding) {
    if (width_ == 0) {
        width_ = embedding.size();
        if (auto const begun = finish(); !begun) return begun.error();
    }
    if (embedding.size() != width_)
        return unusable(name_ + " has rows of " + std::to_string(width_) + " numbers, but this model gives " +
                        std::to_string(embedding.size()));
    if (auto const written = write_at(header_bytes + rows_ * row_bytes(), embedding.data(), row_bytes()); !written)
        return written.error();
    return rows_++;
}

result<void> embeddings_file::finish() {
    auto const header = npy_header(rows_, width_);
    return write_at(0, header.data(), header.size());
}

result<void> embeddings_file::write_at(std::uint64_t offset, void const* bytes, std::uint64_t count) const {
    auto const* from = static_cast<char const*>(bytes);
    while (count > 0) {
        auto const written = ::pwrite(descriptor_, from, count, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed_call("cannot write " + name_);
        from += written;
        offset += static_cast<std::uint64_t>(written);
        count -= static_cast<std::uint64_t>(written);
    }
    return {};
}

}  // namespace sma::batch
