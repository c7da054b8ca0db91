#include "protocol_error.hpp"

#include "sma/core/json_writer.hpp"
#include "sma/http/error_status.hpp"

#include <string>

namespace sma::api::inference_protocol {

unsigned protocol_status(errc code) noexcept {
    switch (code) {
        case errc::validation_error:
        case errc::preprocessing_failed:
        case errc::image_not_fetched:
        case errc::unsupported_media_type:
            return 400;
        default:
            return http::http_status(code);
    }
}

http::response make_protocol_error(error const& e, std::string_view) {
    http::response r;
    r.status = protocol_status(e.code);
    object_writer(r.body).text("error", e.message);
    r.failure = e.code;
    if (e.retry_after_s) r.headers.emplace_back("Retry-After", std::to_string(*e.retry_after_s));
    return r;
}

}  // namespace sma::api::inference_protocol
