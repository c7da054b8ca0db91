#include "load_model.hpp"

#include "protocol_error.hpp"
#include "repository_changes.hpp"
#include "sma/core/await_tuple.hpp"
#include "validation_error.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>

namespace sma::api::inference_protocol {
namespace {

// A load takes seconds, and only the client that asked waits for its end.
constexpr std::chrono::milliseconds poll_interval{20};

}  // namespace

result<void> load_model::admit(http::request const& head) {
    // Whatever has become of the model before: it can be loaded again.
    return admit_change(models_, head);
}

std::optional<result<void>> load_model::outcome(serving::model_manager const& manager, std::uint64_t load,
                                                request_context const& context) {
    if (manager.current_state() == serving::state::draining)
        return error(errc::shutting_down, "the server is shutting down", 1);
    auto const ended = manager.outcome(load);
    if (ended && *ended) return result<void>();
    if (ended && ended->error().code == errc::conflict) return ended->error();
    if (ended) return validation_error("the model was not loaded: " + ended->error().message);
    if (context.is_expired(std::chrono::steady_clock::now()))
        return error(errc::deadline_exceeded, "the model is still loading: poll /health");
    if (context.is_cancelled()) return client_closed_request();
    return std::nullopt;
}

boost::asio::awaitable<http::response> load_model::handle(http::request& r) {
    // What is loaded is what the settings name: a parameter that changed nothing would mislead.
    auto const none = check_parameters(r.body);
    if (!none) co_return make_protocol_error(none.error(), r.context.correlation_id);
    auto const model = models_.find(r);
    if (!model) co_return make_protocol_error(model.error(), r.context.correlation_id);
    auto& manager = (*model)->manager;
    auto const load = manager.load();
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    auto end = outcome(manager, load, r.context);
    while (!end) {
        timer.expires_after(poll_interval);
        auto const [failure] = co_await timer.async_wait(await_tuple);
        (void)failure;
        end = outcome(manager, load, r.context);
    }
    if (!*end) co_return make_protocol_error(end->error(), r.context.correlation_id);
    http::response done;
    done.content_type.clear();
    co_return done;
}

}  // namespace sma::api::inference_protocol
