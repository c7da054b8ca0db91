// A file mapped read-only into memory.
#pragma once

#include "sma/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace sma::model {

/// Owned by whoever reads the bytes, by shared_ptr. Immutable: any thread. The bytes are the file's own: a file that is
/// shortened while it is mapped raises SIGBUS at the next read, so nothing keeps a mapping for long.
class mapped_file {
public:
    /// Errors: io_error.
    static result<std::shared_ptr<mapped_file const>> open(std::filesystem::path const& file);
    mapped_file(mapped_file const&) = delete;
    mapped_file& operator=(mapped_file const&) = delete;
    ~mapped_file();

    std::span<std::byte const> bytes() const noexcept { return bytes_; }

private:
    explicit mapped_file(std::span<std::byte const> bytes) : bytes_(bytes) {}

    std::span<std::byte const> bytes_;
};

/// io_error: the file's name (not its folder), what was tried and the operating system's reason from `errno_value`.
error file_error(std::filesystem::path const& file, char const* what, int errno_value);

}  // namespace sma::model
