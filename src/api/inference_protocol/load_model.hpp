// Endpoint of the protocol's model repository that reloads the model.
#pragma once

#include "model_directory.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/serving/model_manager.hpp"

#include <cstdint>
#include <optional>

namespace sma::api::inference_protocol {

/// POST /v2/repository/models/{model}/load: reloads the model as SIGHUP does, and answers when the new model serves or
/// the load has failed. The answer is about the load that this request asked for, not about another one; conflict where
/// the model was unloaded meanwhile. Parameters are refused. Only for the admin listener. I/O thread.
class load_model : public http::endpoint {
public:
    explicit load_model(model_directory const& models) : models_(models) {}

    /// As admit_change().
    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    /// The result of the load; nothing while it is in progress.
    static std::optional<result<void>> outcome(serving::model_manager const& manager, std::uint64_t load,
                                               request_context const& context);

    model_directory const& models_;
};

}  // namespace sma::api::inference_protocol
