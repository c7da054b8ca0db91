#include "sma/api/cpu_profile.hpp"

#include "sma/core/completion.hpp"
#include "sma/core/logging.hpp"

#include "cpu_sampling.hpp"
#include "query_number.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

namespace sma::api {
namespace asio = boost::asio;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr int default_seconds = 10;
constexpr int seconds_max = 60;

// The thread pool does not catch exceptions.
template <class T>
result<T> without_throwing(std::function<result<T>()> const& work) {
    try {
        return work();
    } catch (std::exception const& e) {
        return error(errc::internal_error, std::string("the profile failed: ") + e.what());
    }
}

template <class T>
asio::awaitable<result<T>> run_on(asio::thread_pool& worker, std::function<result<T>()> work) {
    auto start = [&worker](auto handler, std::function<result<T>()> w) {
        auto done = std::make_unique<completion<result<T>>>(std::move(handler));
        asio::post(worker, [w = std::move(w), done = std::move(done)] { done->complete(without_throwing(w)); });
    };
    auto answer =
        co_await asio::async_initiate<asio::use_awaitable_t<> const, void(result<T>)>(start, asio::use_awaitable, work);
    co_return answer;
}

/// Sets a flag for its lifetime.
class raised {
public:
    explicit raised(bool& flag) noexcept : flag_(flag) { flag_ = true; }
    ~raised() { flag_ = false; }
    raised(raised const&) = delete;
    raised& operator=(raised const&) = delete;

private:
    bool& flag_;
};

asio::awaitable<void> wait_or_leave(std::chrono::seconds time, request_context const& context) {
    if (context.is_cancelled()) co_return;
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    auto const wake = [&timer] { timer.cancel(); };
    std::stop_callback const on_gone(context.cancelled, wake);
    auto const [ignored] = co_await timer.async_wait(token);
    (void)ignored;
}

}  // namespace

result<void> cpu_profile::admit(http::request const& head) {
    if (!head.header("Origin").empty())
        return error(errc::forbidden, "requests with an Origin header are not accepted here");
    return {};
}

asio::awaitable<result<std::string>> cpu_profile::record(std::chrono::seconds time, request_context const& context) {
    raised const flag(recording_);
    using sampling = std::unique_ptr<cpu_sampling>;
    std::function<result<sampling>()> start = [this]() -> result<sampling> {
        auto const profiler = profiler_();
        return profiler ? cpu_sampling::start(**profiler) : result<sampling>(profiler.error());
    };
    auto started = co_await run_on<sampling>(worker_, start);
    if (!started) co_return started.error();
    log::info("CPU profile started", {{"seconds", static_cast<std::int64_t>(time.count())}});
    co_await wait_or_leave(time, context);
    std::function<result<std::string>()> finish = [&started] {
        auto profile = (*started)->finish();
        started->reset();
        return profile;
    };
    auto profile = co_await run_on<std::string>(worker_, finish);
    if (context.is_cancelled()) co_return client_closed_request();
    co_return profile;
}

asio::awaitable<http::response> cpu_profile::handle(http::request& r) {
    auto const seconds = query_number(r, "seconds", default_seconds, seconds_max);
    if (!seconds) co_return http::make_error_response(seconds.error(), r.context.correlation_id);
    result<std::string> profile = error(errc::conflict, "another profile is being recorded: try again later");
    if (!recording_) {
        auto recorded = co_await record(std::chrono::seconds(*seconds), r.context);
        profile = std::move(recorded);
    }
    if (!profile) co_return http::make_error_response(profile.error(), r.context.correlation_id);
    http::response answer;
    answer.content_type = "application/octet-stream";
    answer.headers.emplace_back("Content-Disposition", "attachment; filename=\"profile\"");
    answer.body = std::move(*profile);
    co_return answer;
}

}  // namespace sma::api
