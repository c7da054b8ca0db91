#include "rpc_inference.hpp"

#include "rpc_infer_request.hpp"

#include <utility>

namespace sma::api::inference_protocol {
namespace asio = boost::asio;

asio::awaitable<rpc_outcome> rpc_inference::run(rpc_infer_request& asked, http::foreign_request& request) {
    auto const model = models_.find_loaded(asked.model, asked.version);
    if (!model) co_return rpc_outcome(model.error());
    auto checked = read_infer_request(asked, models_.rules_for(*model->instance));
    if (!checked) co_return rpc_outcome(checked.error());
    rpc_outcome outcome;
    auto const inferred = co_await inference_.run(request.req(), *model, *checked, outcome.log);
    if (!inferred) co_return rpc_outcome(inferred.error());
    rpc_infer_answer answer;
    answer.model = inferred->model.name();
    answer.id = asked.id;
    answer.outputs = compute_outputs(*checked, inferred->what, *inferred->model.instance);
    outcome.answer.emplace(std::move(answer));
    co_return outcome;
}

}  // namespace sma::api::inference_protocol
