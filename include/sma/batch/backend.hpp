// Interface for classifying one file; implemented by local_backend and http_backend.
#pragma once

#include "sma/batch/record.hpp"
#include "sma/core/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

namespace sma::batch {

/// The outcome of one file.
struct outcome {
    enum class kind {
        answered,   ///< `what` is its record
        abandoned,  ///< stop() came while it waited for another attempt: no record
        hopeless,   ///< nothing to do with this file: the run must end, for `reason`; no record
    };
    kind is = kind::answered;
    record what;
    std::string reason;
};

/// Counts of HTTP requests.
struct request_counts {
    std::uint64_t attempts = 0;
    std::uint64_t refused = 0;  ///< 429, 502, 503, 504
    std::uint64_t lost = 0;     ///< connections that broke, timed out or could not be made
};

/// All functions are called on the I/O thread.
class backend {
public:
    virtual ~backend() = default;
    /// To be called before the first classify(). An error means that no model can be used.
    virtual boost::asio::awaitable<result<void>> prepare() = 0;
    virtual boost::asio::awaitable<outcome> classify(std::string path) = 0;
    /// Finishes what is in progress, without further retries.
    virtual void stop() = 0;
    virtual request_counts counts() const { return {}; }
};

}  // namespace sma::batch
