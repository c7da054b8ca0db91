#include "load_model.hpp"

#include "housekeeping.hpp"
#include "protocol_error.hpp"
#include "text_in_error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace sma::api::inference_protocol {
namespace {

constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
// A load takes seconds, and only the client that asked waits for its end.
constexpr std::chrono::milliseconds poll_interval{20};

/// What is loaded is what the settings name: an argument that changed nothing would mislead.
result<void> check_arguments(std::string_view body) {
    auto const object = read_small_object(body);
    if (!object) return object.error();
    auto const* parameters = object->if_contains("parameters");
    if (parameters == nullptr || (parameters->is_object() && parameters->get_object().empty())) return {};
    if (!parameters->is_object()) return error(errc::validation_error, "`parameters`: expected an object");
    auto const name = parameters->get_object().begin()->key();
    return error(errc::validation_error,
                 "a load takes no parameters: `" + text_in_error({name.data(), name.size()}) + "` is not supported");
}

}  // namespace

result<void> load_model::admit(http::request const& head) {
    if (!head.header("Origin").empty())
        return error(errc::forbidden, "requests with an Origin header are not accepted here");
    // Whatever has become of the model before: it can be loaded again.
    auto const model = models_.find(head);
    return model ? result<void>() : model.error();
}

std::optional<result<void>> load_model::outcome(serving::model_manager const& manager, std::uint64_t load,
                                                request_context const& context) {
    if (manager.current_state() == serving::state::draining)
        return error(errc::shutting_down, "the server is shutting down", 1);
    auto const ended = manager.outcome(load);
    if (ended && *ended) return result<void>();
    if (ended) return error(errc::validation_error, "the model was not loaded: " + ended->error().message);
    if (context.is_expired(std::chrono::steady_clock::now()))
        return error(errc::deadline_exceeded, "the model is still loading: poll /health");
    if (context.is_cancelled()) return client_closed_request();
    return std::nullopt;
}

boost::asio::awaitable<http::response> load_model::handle(http::request& r) {
    auto const arguments = check_arguments(r.body);
    if (!arguments) co_return make_protocol_error(arguments.error(), r.context.correlation_id);
    auto const model = models_.find(r);
    if (!model) co_return make_protocol_error(model.error(), r.context.correlation_id);
    auto& manager = (*model)->manager;
    auto const load = manager.load();
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    auto end = outcome(manager, load, r.context);
    while (!end) {
        timer.expires_after(poll_interval);
        auto const [failure] = co_await timer.async_wait(token);
        (void)failure;
        end = outcome(manager, load, r.context);
    }
    if (!*end) co_return make_protocol_error(end->error(), r.context.correlation_id);
    http::response done;
    done.content_type.clear();
    co_return done;
}

}  // namespace sma::api::inference_protocol
