// Models by the names and versions of the protocol's URLs.
#pragma once

#include "descriptions.hpp"
#include "infer_request.hpp"
#include "sma/api/service.hpp"
#include "sma/http/request.hpp"

#include <memory>
#include <string>

namespace sma::api::inference_protocol {

/// I/O thread.
class model_directory {
public:
    explicit model_directory(service const& s) : service_(s) {}

    /// The model of the route's {model} and {version}. Errors: not_found, model_not_loaded, shutting_down.
    result<std::shared_ptr<serving::model_instance>> find(http::request const& r) const;
    /// As it stands in URLs.
    std::string name_of(serving::model_instance const& model) const;
    model_facts facts_of(serving::model_instance const& model) const;
    request_rules rules_for(serving::model_instance const& model) const;
    service const& about() const noexcept { return service_; }

private:
    service const& service_;
};

}  // namespace sma::api::inference_protocol
