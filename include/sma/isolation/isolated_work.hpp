// Work of a decode thread that leaves most formats to a worker process.
#pragma once

#include "sma/core/error.hpp"
#include "sma/image/decode_options.hpp"
#include "sma/image/image_work.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sma {
class metrics;
}

namespace sma::isolation {

/// What the server decodes itself: their readers are this project's own, or are fuzzed with it.
inline constexpr std::array<std::string_view, 3> formats_within{"jpeg", "png", "bmp"};

struct isolation_options {
    std::filesystem::path program;   ///< of the worker
    image::decode_options decoding;  ///< the same as of the work within
    std::size_t file_bytes_max = 0;  ///< larger files are not given to a worker
};

/// image::format_name_of()
using format_judge = std::string_view (*)(std::string_view file) noexcept;

/// Starts its worker process when it first meets a file for it, and a new one after each that failed. `within` is for
/// all else. `m` outlives it.
std::unique_ptr<image::image_work> isolate(std::unique_ptr<image::image_work> within, format_judge format_of,
                                           std::shared_ptr<isolation_options const> options, metrics& m);

/// Whether any of these formats is decoded by a worker.
bool needs_worker(std::vector<std::string> const& formats);

/// Whether there can be workers at all: their program is there, and the kernel and who started this process permit what
/// confines them and the memory that they share. Errors: unsupported.
result<void> check_isolation(isolation_options const& options);

/// The worker's program, beside the parts of this one.
std::filesystem::path worker_program();

}  // namespace sma::isolation
