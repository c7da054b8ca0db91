#include "sma/serving/decode_pool.hpp"

#include "decode_job.hpp"

#include <new>

namespace sma::serving {
namespace {

worker_pool_options pool_options(decode_pool_options const& options, image::image_work_factory factory) {
    worker_pool_options o;
    o.threads = options.threads;
    o.parts_max = options.images_max;
    o.arbiter = options.arbiter;
    o.make_state = std::move(factory);
    return o;
}

}  // namespace

decode_pool::decode_pool(decode_pool_options options, metrics& m, image::image_work_factory factory)
    : resources_(std::make_unique<decode_resources>(options, m)),
      workers_(pool_options(options, std::move(factory)), m) {}

decode_pool::~decode_pool() = default;

void decode_pool::free_spares() noexcept { resources_->tensors->free_spares(); }

void decode_pool::submit(decode_request request, std::unique_ptr<completion<result<decode_output>>> done) {
    if (request.context.is_cancelled())
        return done->complete(not_decoded(errc::client_closed_request, resources_->images_max));
    if (request.images.empty()) return done->complete(decode_output{});
    std::shared_ptr<decode_job> job;
    std::optional<errc> refused;
    try {
        job = std::make_shared<decode_job>(std::move(request), *resources_, done);
        refused = workers_.submit(job);
    } catch (std::bad_alloc const&) {
        refused = errc::out_of_memory;
    }
    if (!refused) return;
    job ? job->refuse(*refused) : done->complete(not_decoded(*refused, resources_->images_max));
}

}  // namespace sma::serving
