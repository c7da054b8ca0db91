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
    unsigned status;
};

constexpr std::array rows{
    row{errc::malformed_request, "MALFORMED_REQUEST", 400},
    row{errc::malformed_multipart, "MALFORMED_MULTIPART", 400},
    row{errc::missing_file, "MISSING_FILE", 400},
    row{errc::empty_file, "EMPTY_FILE", 400},
    row{errc::unauthorized, "UNAUTHORIZED", 401},
    row{errc::forbidden, "FORBIDDEN", 403},
    row{errc::not_found, "NOT_FOUND", 404},
    row{errc::method_not_allowed, "METHOD_NOT_ALLOWED", 405},
    row{errc::request_timeout, "REQUEST_TIMEOUT", 408},
    row{errc::conflict, "CONFLICT", 409},
    row{errc::file_too_large, "FILE_TOO_LARGE", 413},
    row{errc::image_too_large, "IMAGE_TOO_LARGE", 413},
    row{errc::unsupported_media_type, "UNSUPPORTED_MEDIA_TYPE", 415},
    row{errc::validation_error, "VALIDATION_ERROR", 422},
    row{errc::preprocessing_failed, "PREPROCESSING_FAILED", 422},
    row{errc::rate_limited, "RATE_LIMITED", 429},
    row{errc::headers_too_large, "HEADERS_TOO_LARGE", 431},
    row{errc::client_closed_request, "CLIENT_CLOSED_REQUEST", 499},
    row{errc::inference_runtime_error, "INFERENCE_RUNTIME_ERROR", 500},
    row{errc::internal_error, "INTERNAL_ERROR", 500},
    row{errc::model_not_loaded, "MODEL_NOT_LOADED", 503},
    row{errc::queue_full, "QUEUE_FULL", 503},
    row{errc::out_of_memory, "OUT_OF_MEMORY", 503},
    row{errc::shutting_down, "SHUTTING_DOWN", 503},
    row{errc::deadline_exceeded, "DEADLINE_EXCEEDED", 504},
    row{errc::invalid_setting, "INVALID_SETTING", 500},
    row{errc::invalid_weights, "INVALID_WEIGHTS", 500},
    row{errc::invalid_labels, "INVALID_LABELS", 500},
    row{errc::unsupported, "UNSUPPORTED", 500},
    row{errc::io_error, "IO_ERROR", 500},
};

row const& row_of(errc code) noexcept {
    auto const it = std::find_if(rows.begin(), rows.end(), [code](row const& r) { return r.code == code; });
    constexpr static row unknown{errc::internal_error, "INTERNAL_ERROR", 500};
    return it == rows.end() ? unknown : *it;
}

}  // namespace

std::string_view error_name(errc code) noexcept { return row_of(code).name; }

unsigned http_status(errc code) noexcept { return row_of(code).status; }

std::ostream& operator<<(std::ostream& out, error const& e) { return out << error_name(e.code) << ": " << e.message; }

void throw_exception_from_error(error const& e, boost::source_location const& where) {
    throw std::logic_error("result without a value: " + std::string(error_name(e.code)) + ", " + e.message + " (" +
                           where.to_string() + ")");
}

}  // namespace sma
