#include "status.hpp"

#include "catch.hpp"

using namespace sma;
using namespace sma::grpc;
using ::grpc::StatusCode;

TEST_CASE("errors have the statuses by which gRPC's clients decide whether to try again", "[grpc]") {
    CHECK(status_code(errc::validation_error) == StatusCode::INVALID_ARGUMENT);
    CHECK(status_code(errc::unauthorized) == StatusCode::UNAUTHENTICATED);
    CHECK(status_code(errc::queue_full) == StatusCode::UNAVAILABLE);
    CHECK(status_code(errc::shutting_down) == StatusCode::UNAVAILABLE);
    CHECK(status_code(errc::rate_limited) == StatusCode::RESOURCE_EXHAUSTED);
    CHECK(status_code(errc::deadline_exceeded) == StatusCode::DEADLINE_EXCEEDED);
    CHECK(status_code(errc::client_closed_request) == StatusCode::CANCELLED);
    CHECK(status_code(errc::invalid_weights) == StatusCode::INTERNAL);
}

TEST_CASE("a status has the words of its error", "[grpc]") {
    api::inference_protocol::rpc_status status;
    CHECK(make_status(status).ok());
    status.failure = error(errc::not_found, "unknown model");
    CHECK(make_status(status).error_code() == StatusCode::NOT_FOUND);
    CHECK(make_status(status).error_message() == "unknown model");
}
