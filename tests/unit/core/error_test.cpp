#include "sma/core/error.hpp"

#include "catch_result.hpp"

#include <set>

using namespace sma;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("every error has the contract's name") {
    struct row {
        errc code;
        char const* name;
    };
    row const rows[] = {
        {errc::malformed_request, "MALFORMED_REQUEST"},
        {errc::malformed_multipart, "MALFORMED_MULTIPART"},
        {errc::missing_file, "MISSING_FILE"},
        {errc::empty_file, "EMPTY_FILE"},
        {errc::unauthorized, "UNAUTHORIZED"},
        {errc::forbidden, "FORBIDDEN"},
        {errc::not_found, "NOT_FOUND"},
        {errc::method_not_allowed, "METHOD_NOT_ALLOWED"},
        {errc::request_timeout, "REQUEST_TIMEOUT"},
        {errc::conflict, "CONFLICT"},
        {errc::file_too_large, "FILE_TOO_LARGE"},
        {errc::image_too_large, "IMAGE_TOO_LARGE"},
        {errc::uri_too_long, "URI_TOO_LONG"},
        {errc::unsupported_media_type, "UNSUPPORTED_MEDIA_TYPE"},
        {errc::expectation_failed, "EXPECTATION_FAILED"},
        {errc::validation_error, "VALIDATION_ERROR"},
        {errc::preprocessing_failed, "PREPROCESSING_FAILED"},
        {errc::image_not_fetched, "IMAGE_NOT_FETCHED"},
        {errc::rate_limited, "RATE_LIMITED"},
        {errc::headers_too_large, "HEADERS_TOO_LARGE"},
        {errc::client_closed_request, "CLIENT_CLOSED_REQUEST"},
        {errc::inference_runtime_error, "INFERENCE_RUNTIME_ERROR"},
        {errc::internal_error, "INTERNAL_ERROR"},
        {errc::not_implemented, "NOT_IMPLEMENTED"},
        {errc::model_not_loaded, "MODEL_NOT_LOADED"},
        {errc::queue_full, "QUEUE_FULL"},
        {errc::out_of_memory, "OUT_OF_MEMORY"},
        {errc::shutting_down, "SHUTTING_DOWN"},
        {errc::deadline_exceeded, "DEADLINE_EXCEEDED"},
        {errc::http_version_not_supported, "HTTP_VERSION_NOT_SUPPORTED"},
    };
    std::set<std::string_view> names;
    for (auto const& r : rows) {
        CHECK(error_name(r.code) == r.name);
        names.insert(error_name(r.code));
    }
    CHECK(names.size() == std::size(rows));
}

TEST_CASE("asking a failed result for its value throws, and says where") {
    result<int> const failed = error(errc::queue_full, "full", 3);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().retry_after_s == 3U);
    CHECK_THROWS_WITH(failed.value(), ContainsSubstring("QUEUE_FULL"));
}
