#include "sma/core/error.hpp"

#include "catch_result.hpp"

#include <set>

using namespace sma;

TEST_CASE("every error has the contract's name and status") {
    struct row {
        errc code;
        char const* name;
        unsigned status;
    };
    row const rows[] = {
        {errc::malformed_request, "MALFORMED_REQUEST", 400},
        {errc::malformed_multipart, "MALFORMED_MULTIPART", 400},
        {errc::missing_file, "MISSING_FILE", 400},
        {errc::empty_file, "EMPTY_FILE", 400},
        {errc::unauthorized, "UNAUTHORIZED", 401},
        {errc::forbidden, "FORBIDDEN", 403},
        {errc::not_found, "NOT_FOUND", 404},
        {errc::method_not_allowed, "METHOD_NOT_ALLOWED", 405},
        {errc::request_timeout, "REQUEST_TIMEOUT", 408},
        {errc::conflict, "CONFLICT", 409},
        {errc::file_too_large, "FILE_TOO_LARGE", 413},
        {errc::image_too_large, "IMAGE_TOO_LARGE", 413},
        {errc::unsupported_media_type, "UNSUPPORTED_MEDIA_TYPE", 415},
        {errc::validation_error, "VALIDATION_ERROR", 422},
        {errc::preprocessing_failed, "PREPROCESSING_FAILED", 422},
        {errc::rate_limited, "RATE_LIMITED", 429},
        {errc::headers_too_large, "HEADERS_TOO_LARGE", 431},
        {errc::client_closed_request, "CLIENT_CLOSED_REQUEST", 499},
        {errc::inference_runtime_error, "INFERENCE_RUNTIME_ERROR", 500},
        {errc::internal_error, "INTERNAL_ERROR", 500},
        {errc::model_not_loaded, "MODEL_NOT_LOADED", 503},
        {errc::queue_full, "QUEUE_FULL", 503},
        {errc::out_of_memory, "OUT_OF_MEMORY", 503},
        {errc::shutting_down, "SHUTTING_DOWN", 503},
        {errc::deadline_exceeded, "DEADLINE_EXCEEDED", 504},
    };
    std::set<std::string_view> names;
    for (auto const& r : rows) {
        CHECK(error_name(r.code) == r.name);
        CHECK(http_status(r.code) == r.status);
        names.insert(error_name(r.code));
    }
    CHECK(names.size() == std::size(rows));
}

TEST_CASE("asking a failed result for its value throws, and says where") {
    result<int> const failed = error(errc::queue_full, "full", 3);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().retry_after_s == 3U);
    CHECK_THROWS_WITH(failed.value(), Catch::Contains("QUEUE_FULL"));
}
