#include "rpc_outcome.hpp"

#include "sma/core/logging.hpp"

#include <new>

namespace sma::api::inference_protocol {

rpc_outcome outcome_of(std::exception_ptr e, std::string const& correlation_id) {
    try {
        std::rethrow_exception(std::move(e));
    } catch (std::bad_alloc const&) {
        return rpc_outcome(error(errc::out_of_memory, "not enough memory for this request: try again later", 1));
    } catch (std::exception const& thrown) {
        log::error("exception in a request", {{"what", thrown.what()}, {"correlation_id", correlation_id}});
    } catch (...) {
        log::error("exception of an unknown type in a request", {{"correlation_id", correlation_id}});
    }
    return rpc_outcome(
        error(errc::internal_error, "the server failed on this request: report it with the correlation ID"));
}

}  // namespace sma::api::inference_protocol
