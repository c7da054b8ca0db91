// Writer of files that others see whole or not at all.
#pragma once

#include "sma/core/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string_view>

namespace sma {

/// Ending of a file's name until it is whole.
inline constexpr std::string_view unfinished_file_ending = ".part";

/// Permissions before the process's umask.
inline constexpr ::mode_t readable_by_all = 0666;
inline constexpr ::mode_t owner_only = 0600;

/// Writes the pieces one after the other under the name with ".part" at its end, and renames that to `file`, which may
/// have been there. What a crash has left under that name is replaced; a symbolic link there is not followed. Any
/// thread, but one writer of a file at a time; blocks. Does not wait for the disk (fsync): a power failure may take it
/// back. Error: io_error with the file's name (not its folder) and the operating system's reason; then what was there
/// stays, and nothing else is left.
result<void> write_whole_file(std::filesystem::path const& file, std::span<std::string_view const> pieces,
                              ::mode_t permissions = readable_by_all);

/// Of one piece.
result<void> write_whole_file(std::filesystem::path const& file, std::string_view bytes,
                              ::mode_t permissions = readable_by_all);

}  // namespace sma
