// A regular file, opened for reading.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace sma {

/// An open regular file, closed when destroyed. Belongs to one task at a time.
class open_file {
public:
    open_file() = default;
    open_file(int descriptor, std::uint64_t bytes) : descriptor_(descriptor), bytes_(bytes) {}
    open_file(open_file&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), bytes_(other.bytes_), offset_(other.offset_) {}
    open_file& operator=(open_file&& other) noexcept;
    ~open_file();

    /// When it was opened.
    std::uint64_t bytes() const noexcept { return bytes_; }
    /// Fills as much of `into` as there is; 0 at the end. Error: io_error.
    result<std::size_t> read(std::span<char> into);
    /// The next read() begins at the file's beginning.
    void rewind() noexcept { offset_ = 0; }

private:
    int descriptor_ = -1;
    std::uint64_t bytes_ = 0;
    std::uint64_t offset_ = 0;
};

/// Any thread; blocks. Errors: io_error (with what the system says; also for what is not a regular file).
result<open_file> open_regular_file(std::string const& path);
/// Opens a regular file and reads all its bytes. Errors: also file_too_large, found before anything is read, and
/// out_of_memory.
result<std::string> read_regular_file(std::string const& path, std::uint64_t bytes_max);

}  // namespace sma
