#include "status.hpp"

#include <algorithm>
#include <array>

namespace sma::grpc {
namespace {

struct row {
    errc code;
    ::grpc::StatusCode status;
};

// UNAVAILABLE and RESOURCE_EXHAUSTED are what clients try again, after a pause.
constexpr std::array rows{
    row{errc::malformed_request, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::malformed_multipart, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::missing_file, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::empty_file, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::unauthorized, ::grpc::StatusCode::UNAUTHENTICATED},
    row{errc::forbidden, ::grpc::StatusCode::PERMISSION_DENIED},
    row{errc::not_found, ::grpc::StatusCode::NOT_FOUND},
    row{errc::method_not_allowed, ::grpc::StatusCode::UNIMPLEMENTED},
    row{errc::request_timeout, ::grpc::StatusCode::DEADLINE_EXCEEDED},
    row{errc::conflict, ::grpc::StatusCode::ABORTED},
    row{errc::file_too_large, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::image_too_large, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::uri_too_long, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::unsupported_media_type, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::expectation_failed, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::validation_error, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::preprocessing_failed, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::image_not_fetched, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::rate_limited, ::grpc::StatusCode::RESOURCE_EXHAUSTED},
    row{errc::headers_too_large, ::grpc::StatusCode::INVALID_ARGUMENT},
    row{errc::client_closed_request, ::grpc::StatusCode::CANCELLED},
    row{errc::inference_runtime_error, ::grpc::StatusCode::INTERNAL},
    row{errc::internal_error, ::grpc::StatusCode::INTERNAL},
    row{errc::not_implemented, ::grpc::StatusCode::UNIMPLEMENTED},
    row{errc::model_not_loaded, ::grpc::StatusCode::UNAVAILABLE},
    row{errc::queue_full, ::grpc::StatusCode::UNAVAILABLE},
    row{errc::out_of_memory, ::grpc::StatusCode::RESOURCE_EXHAUSTED},
    row{errc::shutting_down, ::grpc::StatusCode::UNAVAILABLE},
    row{errc::deadline_exceeded, ::grpc::StatusCode::DEADLINE_EXCEEDED},
};

}  // namespace

::grpc::StatusCode status_code(errc code) noexcept {
    auto const it = std::find_if(rows.begin(), rows.end(), [code](row const& r) { return r.code == code; });
    return it == rows.end() ? ::grpc::StatusCode::INTERNAL : it->status;
}

::grpc::Status make_status(api::inference_protocol::rpc_status const& status) {
    if (!status.failure) return ::grpc::Status::OK;
    return {status_code(status.failure->code), status.failure->message};
}

}  // namespace sma::grpc
