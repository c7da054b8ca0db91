// Endpoint GET /debug/pprof/profile: a CPU profile of this process.
#pragma once

#include "sma/api/profiler_part.hpp"
#include "sma/http/endpoint.hpp"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <utility>

namespace sma::api {

/// Path, parameter and format are those of gperftools and Go, so that pprof can fetch it. One profile is recorded at a
/// time. Only for the admin listener. I/O thread; the profiler's own file operations run on a thread of this object.
class cpu_profile : public http::endpoint {
public:
    /// `profiler` is called on that thread.
    explicit cpu_profile(profiler_source profiler) : profiler_(std::move(profiler)) {}
    /// Must run after the coroutines inside it have ended.
    ~cpu_profile() override = default;

    /// Error: forbidden for a request with an Origin header, which a page of any site could otherwise make a browser
    /// send.
    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    boost::asio::awaitable<result<std::string>> record(std::chrono::seconds time, request_context const& context);

    profiler_source const profiler_;
    bool recording_ = false;
    boost::asio::thread_pool worker_{1};
};

}  // namespace sma::api
