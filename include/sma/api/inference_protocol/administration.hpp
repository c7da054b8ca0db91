// Endpoints of the Open Inference Protocol for administrators: the model repository, health and metadata.
#pragma once

#include "sma/api/service.hpp"
#include "sma/http/router.hpp"

#include <memory>
#include <vector>

namespace sma::api::inference_protocol {

/// For the admin listener, whose rows are all open. What it is given must outlive it.
class administration {
public:
    explicit administration(service const& s);
    ~administration();

    std::vector<http::route> rows();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace sma::api::inference_protocol
