// Keeper of images that the model was unsure of, as files for people who label them.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/metrics.hpp"
#include "sma/serving/classification_observer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace sma::serving {

struct sample_options {
    std::filesystem::path directory;                         ///< must exist
    double confidence_min = 0;                               ///< of the best class: from here
    double confidence_max = 1;                               ///< to just below here
    std::size_t per_hour_max = 100;                          ///< images
    std::uint64_t bytes_max = 0;                             ///< of all files in the directory
    std::size_t waiting_bytes_max = 64 << 20;                ///< images in memory, not written yet
    std::function<std::string(std::string_view)> format_of;  ///< "jpeg" of a file, its name's ending; on the thread
    std::function<steady_time()> now = [] { return std::chrono::steady_clock::now(); };
};

/// An image becomes `TIME-CORRELATION_ID-NUMBER.FORMAT`, with a JSON file of the same name beside it. What is over a
/// limit, or cannot be written, is dropped and counted. Thread-safe. Files are written by a thread of its own, which
/// nobody waits for; the destructor waits for the file that is being written and drops the rest.
class sample_keeper final : public classification_observer {
public:
    sample_keeper(sample_options options, metrics& m);
    ~sample_keeper() override;
    sample_keeper(sample_keeper const&) = delete;
    sample_keeper& operator=(sample_keeper const&) = delete;

    void saw(request_context const& context, std::span<std::string_view const> files,
             classification const& c) noexcept override;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// Whether there is anything to keep, and files can be made in the directory. Error: invalid_setting.
result<void> check_sample_options(sample_options const& options);

}  // namespace sma::serving
