// Decode pool: decodes the images of requests in a worker pool, with a limit on their pixels.
#pragma once

#include "sma/core/completion.hpp"
#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/image/image_work.hpp"
#include "sma/image/preprocess.hpp"

#include <boost/asio/async_result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace sma {
class metrics;
}

namespace sma::serving {

struct decode_resources;

struct decode_pool_options {
    int threads = 1;                        ///< decode_threads, >= 1
    std::size_t images_max = 128;           ///< waiting or being decoded; more are refused with queue_full
    std::int64_t pixels_max = 400'000'000;  ///< the sum over images being decoded; an image waits while it does not fit
    std::shared_ptr<cpu_arbiter> arbiter;   ///< with forward passes; null: decode at any time
};

/// The encoding of an image's bytes.
enum class image_content {
    file,    ///< an encoded file, decoded and pre-processed
    planes,  ///< normalized by the client, see image_work::pack()
};

/// The images of one request. The views must stay valid until the completion has run.
struct decode_request {
    decode_request(request_context c, input_format f, std::vector<std::string_view> i,
                   image_content of = image_content::file)
        : context(std::move(c)), format(f), images(std::move(i)), content(of) {}
    request_context context;
    input_format format;  ///< of the engine's input
    std::vector<std::string_view> images;
    image_content content;
    image::preprocess_options preprocess;  ///< of files
};

/// The results, in the order of the request's images.
struct decode_output {
    std::vector<result<tensor_buffer>> images;
    std::vector<image::dimensions> sizes;  ///< after orientation; 0 x 0 of what is no file or was not looked at
    double decode_ms = 0;                  ///< from submission until the last image was done
};

/// Images are decoded in the order of submission, several at a time. An image whose client left or whose deadline
/// passed is not decoded. Owned by the pipeline; submit from any thread. The destructor answers what is queued with
/// shutting_down.
class decode_pool {
public:
    /// `factory` is called on each decode thread. Throws std::system_error if no thread can be started.
    decode_pool(decode_pool_options options, metrics& m, image::image_work_factory factory);
    ~decode_pool();

    /// Completes with void(result<decode_output>) on the handler's executor: an error for the whole request
    /// (queue_full, shutting_down, out_of_memory, client_closed_request), else one result an image.
    template <class CompletionToken>
    auto async_decode(decode_request request, CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(result<decode_output>)>(
            [this](auto handler, decode_request r) {
                submit(std::move(r), std::make_unique<completion<result<decode_output>>>(std::move(handler)));
            },
            token, std::move(request));
    }

    /// Its threads, for work that must not run on the I/O thread: it takes its turn with the images.
    worker_pool& workers() noexcept { return workers_; }

    /// Frees the spare memory of tensors. Any thread.
    void free_spares() noexcept;

private:
    void submit(decode_request request, std::unique_ptr<completion<result<decode_output>>> done);

    std::unique_ptr<decode_resources> resources_;
    worker_pool workers_;  // last: its threads use what is above
};

}  // namespace sma::serving
