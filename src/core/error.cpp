#include "sma/core/error.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>

namespace sma {
namespace {

struct row {
    errc code;
    std::string_view name;
};

constexpr std::array rows{
    row{errc::malformed_request, "MALFORMED_REQUEST"},
    row{errc::malformed_multipart, "MALFORMED_MULTIPART"},
    row{errc::missing_file, "MISSING_FILE"},
    row{errc::empty_file, "EMPTY_FILE"},
    row{errc::unauthorized, "UNAUTHORIZED"},
    row{errc::forbidden, "FORBIDDEN"},
    row{errc::not_found, "NOT_FOUND"},
    row{errc::method_not_allowed, "METHOD_NOT_ALLOWED"},
    row{errc::request_timeout, "REQUEST_TIMEOUT"},
    row{errc::conflict, "CONFLICT"},
    row{errc::file_too_large, "FILE_TOO_LARGE"},
    row{errc::image_too_large, "IMAGE_TOO_LARGE"},
    row{errc::uri_too_long, "URI_TOO_LONG"},
    row{errc::unsupported_media_type, "UNSUPPORTED_MEDIA_TYPE"},
    row{errc::expectation_failed, "EXPECTATION_FAILED"},
    row{errc::validation_error, "VALIDATION_ERROR"},
    row{errc::preprocessing_failed, "PREPROCESSING_FAILED"},
    row{errc::image_not_fetched, "IMAGE_NOT_FETCHED"},
    row{errc::rate_limited, "RATE_LIMITED"},
    row{errc::headers_too_large, "HEADERS_TOO_LARGE"},
    row{errc::client_closed_request, "CLIENT_CLOSED_REQUEST"},
    row{errc::inference_runtime_error, "INFERENCE_RUNTIME_ERROR"},
    row{errc::internal_error, "INTERNAL_ERROR"},
    row{errc::not_implemented, "NOT_IMPLEMENTED"},
    row{errc::model_not_loaded, "MODEL_NOT_LOADED"},
    row{errc::queue_full, "QUEUE_FULL"},
    row{errc::out_of_memory, "OUT_OF_MEMORY"},
    row{errc::shutting_down, "SHUTTING_DOWN"},
    row{errc::deadline_exceeded, "DEADLINE_EXCEEDED"},
    row{errc::http_version_not_supported, "HTTP_VERSION_NOT_SUPPORTED"},
    row{errc::invalid_setting, "INVALID_SETTING"},
    row{errc::invalid_weights, "INVALID_WEIGHTS"},
    row{errc::invalid_labels, "INVALID_LABELS"},
    row{errc::unsupported, "UNSUPPORTED"},
    row{errc::io_error, "IO_ERROR"},
};

row const& row_of(errc code) noexcept {
    auto const it = std::find_if(rows.begin(), rows.end(), [code](row const& r) { return r.code == code; });
    constexpr static row unknown{errc::internal_error, "INTERNAL_ERROR"};
    return it == rows.end() ? unknown : *it;
}

}  // namespace

std::string_view error_name(errc code) noexcept { return row_of(code).name; }

std::ostream& operator<<(std::ostream& out, error const& e) { return out << error_name(e.code) << ": " << e.message; }

void throw_exception_from_error(error const& e, boost::source_location const& where) {
    throw std::logic_error("result without a value: " + std::string(error_name(e.code)) + ", " + e.message + " (" +
                           where.to_string() + ")");
}

}  // namespace sma
