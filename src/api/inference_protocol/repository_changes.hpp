// Changes of the protocol's model repository by an administrator: who may ask, unloading, promoting a shadow.
#pragma once

#include "metadata_endpoint.hpp"
#include "model_directory.hpp"
#include "sma/core/error.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <string_view>

namespace sma::api::inference_protocol {

/// Errors: forbidden for a request with an Origin header, which a page of any site could otherwise make a browser send;
/// not_found for an unknown model.
result<void> admit_change(model_directory const& models, http::request const& head);

/// Checks the `parameters` of a change, of which only `known` may be there; empty: none. Errors: malformed_request,
/// validation_error, file_too_large.
result<void> check_parameters(std::string_view body, std::string_view known = {});

/// Endpoint that asks one of the functions below to change a model. Only for the admin listener. I/O thread.
class repository_change final : public metadata_endpoint {
public:
    repository_change(model_directory const& models, function change)
        : metadata_endpoint(models, change), models_(models) {}

    /// As admit_change().
    result<void> admit(http::request const& head) override { return admit_change(models_, head); }

private:
    model_directory const& models_;
};

/// Answers nothing, before the model's memory is free. Errors: those of check_parameters(), not_found, conflict.
result<http::response> unload_model(model_directory const& models, http::request const& r);
/// Exchanges a model and its shadow, and answers what each is now. Errors: those of check_parameters(), not_found,
/// conflict, shutting_down.
result<http::response> promote_shadow(model_directory const& models, http::request const& r);

}  // namespace sma::api::inference_protocol
