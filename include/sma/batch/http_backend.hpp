// Backend that classifies through a server, with keep-alive connections, retries and back-off.
#pragma once

#include "sma/batch/back_off.hpp"
#include "sma/batch/backend.hpp"
#include "sma/client/server_address.hpp"
#include "sma/core/file_threads.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sma::batch {

struct http_options {
    client::server_address address;
    std::vector<std::pair<std::string, std::string>> headers;  ///< sent with every request
    int concurrency = 8;                                       ///< requests at once, while the server takes them
    unsigned retries = 8;                                      ///< attempts after the first, for one file
    std::chrono::milliseconds timeout{60'000};                 ///< one attempt, from connecting to the last byte
    std::optional<int> top_k;                                  ///< nothing: the server's default
    back_off_options waits;
};

/// 429, 502, 503 and 504 are retried after a wait (Retry-After, else jittered exponential back-off) with fewer requests
/// at once. Lost connections are retried, too. After `retries` retries the last error is the file's. Every other status
/// is final. 401, 403, 404 and 405, and a server that cannot be reached at all, concern every file: hopeless. Belongs
/// to the I/O thread.
class http_backend : public backend {
public:
    http_backend(boost::asio::any_io_executor executor, file_threads& files, http_options options);
    ~http_backend() override;

    /// Waits until GET /health says 200 (or is not known to the server).
    boost::asio::awaitable<result<void>> prepare() override;
    boost::asio::awaitable<outcome> classify(std::string path) override;
    void stop() override;
    request_counts counts() const override;
    /// Requests allowed at once at the moment.
    int concurrency() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::batch
