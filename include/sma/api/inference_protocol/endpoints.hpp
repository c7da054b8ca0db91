// Endpoints of the Open Inference Protocol (KServe v2, with Triton's extensions for binary tensors, classification,
// model configuration and statistics): everything below /v2.
#pragma once

#include "sma/api/service.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/router.hpp"

#include <memory>
#include <vector>

namespace sma::api::inference_protocol {

/// Owned by the composition; what it is given must outlive it.
class endpoints {
public:
    /// `fetcher` may be null: then there are no images by URL.
    endpoints(service const& s, worker_pool& workers, fetch::image_fetcher* fetcher);
    ~endpoints();

    /// For the route table.
    std::vector<http::route> rows();
    static http::error_shape errors();

private:
    std::vector<http::route> model_rows();
    std::vector<http::route> housekeeping_rows();

    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace sma::api::inference_protocol
