// SHA-256 hasher of images, on a thread of its own: ten megabytes take several milliseconds, too long for the I/O
// thread.
#pragma once

#include "sma/core/completion.hpp"
#include "sma/core/error.hpp"

#include <boost/asio/async_result.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::serving {

using content_digest = std::array<unsigned char, 32>;

/// SHA-256 of fingerprint and bytes, with the fingerprint's length in front, so that no other pair has the same input.
content_digest hash_content(std::string_view fingerprint, std::string_view bytes);

/// The images of one request. `fingerprint` identifies everything else that determines their answers.
struct hash_request {
    hash_request(std::string f, std::vector<std::string_view> i) : fingerprint(std::move(f)), images(std::move(i)) {}
    std::string fingerprint;
    std::vector<std::string_view> images;  ///< must stay valid until the completion
};

/// Owns its thread; every function may be called on any thread and does not block. The destructor waits for what is
/// queued; the executors of the handlers must outlive it.
class content_hasher {
public:
    /// `images_max`: queued or being hashed.
    explicit content_hasher(std::size_t images_max);
    ~content_hasher();

    /// Completes with void(result<std::vector<content_digest>>), one an image; error: queue_full.
    template <class CompletionToken>
    auto async_hash(hash_request request, CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(answer)>(
            [this](auto handler, hash_request r) {
                submit(std::move(r), std::make_unique<completion<answer>>(std::move(handler)));
            },
            token, std::move(request));
    }

private:
    using answer = result<std::vector<content_digest>>;
    void submit(hash_request request, std::unique_ptr<completion<answer>> done);

    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::serving
