#include "sma/http/error_status.hpp"

#include <algorithm>
#include <array>

namespace sma::http {
namespace {

constexpr std::array statuses{
    error_status{errc::malformed_request, 400},
    error_status{errc::malformed_multipart, 400},
    error_status{errc::missing_file, 400},
    error_status{errc::empty_file, 400},
    error_status{errc::unauthorized, 401},
    error_status{errc::forbidden, 403},
    error_status{errc::not_found, 404},
    error_status{errc::method_not_allowed, 405},
    error_status{errc::request_timeout, 408},
    error_status{errc::conflict, 409},
    error_status{errc::file_too_large, 413},
    error_status{errc::image_too_large, 413},
    error_status{errc::uri_too_long, 414},
    error_status{errc::unsupported_media_type, 415},
    error_status{errc::expectation_failed, 417},
    error_status{errc::validation_error, 422},
    error_status{errc::preprocessing_failed, 422},
    error_status{errc::image_not_fetched, 422},
    error_status{errc::rate_limited, 429},
    error_status{errc::headers_too_large, 431},
    error_status{errc::client_closed_request, 499},
    error_status{errc::inference_runtime_error, 500},
    error_status{errc::internal_error, 500},
    error_status{errc::not_implemented, 501},
    error_status{errc::model_not_loaded, 503},
    error_status{errc::queue_full, 503},
    error_status{errc::out_of_memory, 503},
    error_status{errc::shutting_down, 503},
    error_status{errc::deadline_exceeded, 504},
    error_status{errc::http_version_not_supported, 505},
};

}  // namespace

std::span<error_status const> error_statuses() noexcept { return statuses; }

unsigned http_status(errc code) noexcept {
    auto const it = std::find_if(statuses.begin(), statuses.end(), [code](error_status s) { return s.code == code; });
    return it == statuses.end() ? 500 : it->status;
}

}  // namespace sma::http
