#include "sma/http/error_status.hpp"

#include "catch.hpp"

#include <iterator>

using namespace sma;
using http::error_status;

TEST_CASE("every error has the contract's status", "[error_status]") {
    error_status const expected[] = {
        {errc::malformed_request, 400},
        {errc::malformed_multipart, 400},
        {errc::missing_file, 400},
        {errc::empty_file, 400},
        {errc::unauthorized, 401},
        {errc::forbidden, 403},
        {errc::not_found, 404},
        {errc::method_not_allowed, 405},
        {errc::request_timeout, 408},
        {errc::conflict, 409},
        {errc::file_too_large, 413},
        {errc::image_too_large, 413},
        {errc::uri_too_long, 414},
        {errc::unsupported_media_type, 415},
        {errc::expectation_failed, 417},
        {errc::validation_error, 422},
        {errc::preprocessing_failed, 422},
        {errc::image_not_fetched, 422},
        {errc::rate_limited, 429},
        {errc::headers_too_large, 431},
        {errc::client_closed_request, 499},
        {errc::inference_runtime_error, 500},
        {errc::internal_error, 500},
        {errc::not_implemented, 501},
        {errc::model_not_loaded, 503},
        {errc::queue_full, 503},
        {errc::out_of_memory, 503},
        {errc::shutting_down, 503},
        {errc::deadline_exceeded, 504},
        {errc::http_version_not_supported, 505},
    };
    for (auto const& [code, status] : expected) {
        INFO(error_name(code));
        CHECK(http::http_status(code) == status);
    }
    CHECK(http::error_statuses().size() == std::size(expected));
    CHECK(http::http_status(errc::io_error) == 500);  // none that a request ends with
}
