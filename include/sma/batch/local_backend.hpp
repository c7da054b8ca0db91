// Backend that classifies in this process, with the server's own decode pool, dispatcher and engine.
#pragma once

#include "sma/batch/backend.hpp"
#include "sma/core/file_threads.hpp"
#include "sma/serving/classifier.hpp"

#include <functional>
#include <string>

namespace sma::batch {

struct local_options {
    std::uint64_t image_bytes_max;
    int top_k;  ///< predictions of a record, or all classes if there are fewer
    bool embed = false;
    bool normalize = false;  ///< the embedding, to the Euclidean length 1
    /// Called with what becomes of each file that was read, on the I/O thread; may be empty.
    std::function<void(std::string const& path, serving::classification const&)> seen = {};
};

/// Holds references to both arguments. The model must be ready before the first classify(). Images in flight are
/// bounded by the caller, and each takes at most image_bytes_max: keep them below the dispatcher's max_queue_size.
class local_backend : public backend {
public:
    local_backend(serving::classifier& c, file_threads& files, local_options options)
        : classifier_(c), files_(files), options_(options) {}

    boost::asio::awaitable<result<void>> prepare() override;
    boost::asio::awaitable<outcome> classify(std::string path) override;
    void stop() override {}

private:
    serving::classifier& classifier_;
    file_threads& files_;
    local_options options_;
};

}  // namespace sma::batch
