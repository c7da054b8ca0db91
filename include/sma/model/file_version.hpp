// File version, to detect that a file has changed while it was read.
#pragma once

#include "sma/core/error.hpp"

#include <sys/types.h>
#include <cstdint>
#include <filesystem>

namespace sma::model {

/// A value: which file a path leads to, its size, and when it was last written to. Equal ones, taken before and after a
/// file was read, say that all that was read in between belongs together.
struct file_version {
    /// Errors: io_error.
    static result<file_version> of(std::filesystem::path const& file);
    /// Of an open file. Errors: io_error, without a name in it.
    static result<file_version> of(int descriptor);

    bool operator==(file_version const&) const = default;

    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t written_s = 0;  ///< since 1970
    std::int64_t written_ns = 0;
};

}  // namespace sma::model
