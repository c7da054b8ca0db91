#include "sma/http/server.hpp"

#include "listener.hpp"
#include "session_context.hpp"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::http {

class server::impl {
public:
    impl(io_executor io, router const& routes, limits const& l, metrics& m)
        : io_(io), context_(std::make_shared<session_context>(io, routes, l, m)) {}

    ~impl() {
        abort();
        context_->counters.detach();
    }

    result<std::string> start(result<listening_socket> made) {
        if (!made) return made.error();
        auto url = shown(std::move(made->url));
        add(std::move(*made))->start();
        return url;
    }

    result<std::string> hold(result<listening_socket> made) {
        if (!made) return made.error();
        auto url = shown(std::move(made->url));
        held_.push_back(add(std::move(*made)));
        return url;
    }

    void start_held() {
        for (auto const& l : std::exchange(held_, {})) l->start();
    }

    void close_listeners() {
        for (auto const& l : listeners_) l->close();
        listeners_.clear();
        held_.clear();
    }

    void abort() {
        close_listeners();
        context_->abort();
    }

    session_context& context() noexcept { return *context_; }
    std::shared_ptr<session_context> const& shared_context() const noexcept { return context_; }

private:
    /// With the scheme that clients need.
    std::string shown(std::string url) const {
        constexpr std::string_view plain = "http";
        if (context_->tls && url.starts_with(plain)) url.insert(plain.size(), "s");
        return url;
    }

    std::shared_ptr<listener> add(listening_socket socket) {
        listeners_.push_back(std::make_shared<listener>(context_, io_, std::move(socket)));
        return listeners_.back();
    }

    io_executor io_;
    std::shared_ptr<session_context> context_;
    std::vector<std::shared_ptr<listener>> listeners_;
    std::vector<std::shared_ptr<listener>> held_;  ///< of those, the ones not started yet
};

server::server(io_executor io, router const& routes, limits const& l, metrics& m)
    : impl_(std::make_unique<impl>(io, routes, l, m)) {}

server::~server() = default;

result<std::string> server::listen(std::string const& host, std::uint16_t port) {
    return impl_->start(listen_on_tcp(host, port));
}

result<std::string> server::listen_unix(std::string const& path) { return impl_->start(listen_on_unix(path)); }

result<std::string> server::adopt(int descriptor) { return impl_->hold(adopt_listening(descriptor)); }

void server::use_keys(std::shared_ptr<api_keys const> keys) { impl_->context().gate.use_keys(std::move(keys)); }

void server::use_tls(std::shared_ptr<tls_context const> context) { impl_->context().tls = std::move(context); }

void server::use_tracer(tracing::tracer const& tracer) { impl_->context().tracer = &tracer; }

void server::start_accepting() { impl_->start_held(); }

void server::announce_drain() { impl_->context().closes_after_answers = true; }

void server::close_listeners() { impl_->close_listeners(); }

void server::drain() { impl_->context().drain(); }

std::size_t server::connections() const noexcept { return impl_->context().connections.size(); }

std::size_t server::requests_in_flight() const noexcept { return impl_->context().requests_in_flight(); }
std::size_t server::body_bytes_in_flight() const noexcept { return impl_->context().bodies.held(); }
std::uint64_t server::body_bytes_taken() const noexcept { return impl_->context().bodies.total(); }

void server::abort() { impl_->abort(); }

std::shared_ptr<session_context> server::shared_context() const noexcept { return impl_->shared_context(); }

}  // namespace sma::http
