// Bytes of a file, read into memory.
#pragma once

#include "sma/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>

namespace sma::model {

/// Owned by the users of the bytes, through shared_ptr. Immutable: any thread. Read and not mapped: a file that changes
/// while it is read is an error, whereas a mapping of a file that is shortened, or whose disk fails, ends the process
/// with SIGBUS.
class file_bytes {
public:
    /// The beginning of the file, at most so many bytes. Errors: io_error, out_of_memory.
    static result<std::shared_ptr<file_bytes const>> read(std::filesystem::path const& file,
                                                          std::size_t most = std::numeric_limits<std::size_t>::max());
    file_bytes(file_bytes const&) = delete;
    file_bytes& operator=(file_bytes const&) = delete;

    std::span<std::byte const> bytes() const noexcept { return {memory_.get(), size_}; }

private:
    file_bytes(std::unique_ptr<std::byte[]> memory, std::size_t size) : memory_(std::move(memory)), size_(size) {}

    std::unique_ptr<std::byte[]> memory_;
    std::size_t size_;
};

/// io_error: the file's name (not its folder), what was tried and the operating system's reason from `errno_value`.
error file_error(std::filesystem::path const& file, char const* what, int errno_value);

}  // namespace sma::model
