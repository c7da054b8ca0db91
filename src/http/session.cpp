#include "session.hpp"

#include "sma/core/logging.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace sma::http {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

/// Pipelined requests answered in one go before other connections have their turn.
constexpr unsigned pipeline_turn = 32;
/// After a refusal, a rest of the body up to this limit is read and dropped, and the connection is kept.
constexpr std::uint64_t droppable_bytes_max = 256 * 1024;
/// Limit of the bytes that are read after the last response before the connection is closed.
constexpr std::size_t linger_bytes_max = 32 * 1024 * 1024;
/// Up to this size a body is copied behind its head: cheaper than a second buffer.
constexpr std::size_t joined_body_bytes_max = 16 * 1024;

error head_too_large(std::string_view bytes, std::size_t bytes_max) {
    auto const limit = std::to_string(bytes_max) + " bytes";
    if (bytes.substr(0, bytes_max).find('\n') == bytes.npos)
        return error(errc::uri_too_long, "the request line is longer than the limit of " + limit);
    return error(errc::headers_too_large, "the request line and headers are longer than the limit of " + limit);
}

}  // namespace

void session::start(std::shared_ptr<session_context> context, stream_socket socket, std::string client,
                    tls_context const* tls) {
    auto const executor = socket.get_executor();
    auto self = std::make_shared<session>(std::move(context), std::move(socket), std::move(client));
    if (tls != nullptr) self->link_->secure(*tls);
    self->context_->connections.enter(*self);
    asio::co_spawn(executor, run(std::move(self)), asio::detached);
}

session::session(std::shared_ptr<session_context> context, stream_socket socket, std::string client)
    : context_(std::move(context)),
      link_(std::make_shared<connection>(context_, std::move(socket), std::move(client))),
      came_while_draining_(context_->draining) {}

session::~session() { context_->connections.leave(*this); }

void session::leave_if_idle() {
    if (!idle_) return;
    asked_to_leave_ = true;
    link_->interrupt();
}

void session::abort() { link_->abort(); }

asio::awaitable<void> session::run(std::shared_ptr<session> self) {
    try {
        co_await self->serve_all();
    } catch (std::exception const& e) {
        log::error("session ended by an exception", {{"what", e.what()}, {"client", self->link_->client()}});
    } catch (...) {
        log::error("session ended by an exception of an unknown type", {{"client", self->link_->client()}});
    }
    self->link_->close();
    self->context_->connections.leave(*self);
}

asio::awaitable<void> session::serve_all() {
    if (link_->is_secured()) {
        auto const agreed = co_await shake_hands();
        if (!agreed) co_return;
    }
    for (;;) {
        auto const more = co_await next_request();
        if (!more) co_return;
        auto const step = co_await serve();
        if (step == next_step::close) co_return;
        if (step == next_step::next_request) continue;
        co_await linger();
        co_return;
    }
}

asio::awaitable<bool> session::next_request() {
    bool skipped = skip_empty_line();
    while (link_->unread().empty() || (!skipped && link_->unread() == "\r")) {
        auto const more = co_await wait_idle();
        if (!more) co_return false;
        if (!skipped) skipped = skip_empty_line();
    }
    if (++served_without_wait_ >= pipeline_turn) {
        served_without_wait_ = 0;
        auto const executor = link_->socket().get_executor();
        co_await asio::post(executor, asio::use_awaitable);
    }
    co_return link_->socket().is_open();
}

/// One empty line before a request is allowed (RFC 9112 section 2.2). Its two bytes may arrive separately.
bool session::skip_empty_line() noexcept {
    if (!link_->unread().starts_with("\r\n")) return false;
    link_->consume(2);
    return true;
}

/// While the server drains, only a connection that was accepted since, through a listener that is still open, is waited
/// for; its first response is its last.
bool session::may_wait_idle() const noexcept {
    return !asked_to_leave_ && !context_->aborted && (!context_->draining || came_while_draining_);
}

void session::begin_idle(steady_time now) {
    context_->connections.begin_idle(*this, now);
    idle_ = true;
}

void session::end_idle() {
    idle_ = false;
    context_->connections.end_idle(*this);
}

asio::awaitable<bool> session::wait_idle() {
    if (link_->unread().empty()) link_->release_memory();
    served_without_wait_ = 0;
    // Under TLS bytes may come without a byte for us: they make the wait no longer.
    auto const now = steady_clock::now();
    auto const deadline = now + context_->limit.idle_timeout;
    for (;;) {
        if (may_wait_idle()) {
            begin_idle(now);
            auto const end = co_await link_->wait(connection::wait_type::wait_read, deadline);
            end_idle();
            if (end == connection::wait_end::timed_out) co_return false;
        }
        // A session that was asked to leave still serves a request that has arrived in the meantime.
        auto const got = link_->fill(context_->limit.max_header_bytes);
        if (got == connection::read_end::some) co_return true;
        if (got == connection::read_end::closed || !may_wait_idle()) co_return false;
    }
}

asio::awaitable<session::next_step> session::serve() {
    asked_to_leave_ = false;
    transaction x(*context_, link_->client());
    x.is_secured = link_->is_secured();
    auto answer = co_await produce(x);
    if (x.left) add_quota_headers(answer, *x.left);
    context_->cors.add_headers(answer, x.req().header("Origin"));
    if (link_->peer_gone() || answer.failure == errc::client_closed_request) {
        x.finish(status_client_left, answer);
        co_return next_step::close;
    }
    bool const keep = may_keep(x, answer);
    auto const sent = co_await send(x, answer, keep);
    x.finish(sent ? answer.status : status_client_left, answer);
    if (!sent) co_return next_step::close;
    if (!keep) co_return next_step::linger;
    if (x.body_left == 0) co_return next_step::next_request;
    auto const clear = co_await drop_body(x);
    co_return clear ? next_step::next_request : next_step::close;
}

asio::awaitable<response> session::produce(transaction& x) {
    std::exception_ptr thrown;
    try {
        auto const head = co_await read_head(x);
        if (!head) co_return x.explain(head.error());
        auto ready = answer_from_table(x);
        if (ready) co_return std::move(*ready);
        auto const body = co_await receive_body(x);
        x.trace_upload(body.has_value());
        if (!body) co_return x.explain(body.error());
        auto answer = co_await call_endpoint(x);
        co_await encode(x, answer);
        co_return answer;
    } catch (...) {
        thrown = std::current_exception();
    }
    link_->unwatch();
    co_return caught(x, thrown);
}

response session::caught(transaction& x, std::exception_ptr thrown) const {
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (std::bad_alloc const&) {
        return x.explain(error(errc::out_of_memory, "not enough memory for this request: try again later", 1));
    } catch (std::exception const& e) {
        log::error("exception in a request",
                   {{"what", e.what()}, {"path", x.path_template}, {"correlation_id", x.req().context.correlation_id}});
    } catch (...) {
        log::error("exception of an unknown type in a request",
                   {{"path", x.path_template}, {"correlation_id", x.req().context.correlation_id}});
    }
    return x.explain(
        error(errc::internal_error, "the server failed on this request: report it with the correlation ID"));
}

asio::awaitable<result<void>> session::read_head(transaction& x) {
    head_scanner scanner;
    auto const deadline = x.received_at() + context_->limit.header_timeout;
    for (;;) {
        auto const complete = try_head(x, scanner);
        if (!complete) co_return complete.error();
        if (*complete) co_return result<void>();
        auto const end = co_await link_->wait(connection::wait_type::wait_read, deadline);
        if (end == connection::wait_end::closed) co_return client_closed_request();
        if (end == connection::wait_end::timed_out)
            co_return error(errc::request_timeout, "the request's header did not arrive within " +
                                                       std::to_string(context_->limit.header_timeout.count()) + " ms");
        auto const got = link_->fill(context_->limit.max_header_bytes);
        if (got == connection::read_end::closed) co_return client_closed_request();
    }
}

/// True once the head has arrived and been taken.
result<bool> session::try_head(transaction& x, head_scanner& scanner) {
    auto const bytes = link_->unread();
    auto const size = scanner.scan(bytes);
    if (!size) return size.error();
    auto const bytes_max = context_->limit.max_header_bytes;
    if (!*size && bytes.size() < bytes_max) return false;
    if (!*size || **size > bytes_max) return head_too_large(bytes, bytes_max);
    auto parsed = parse_head(bytes.substr(0, **size));
    if (!parsed) return parsed.error();
    link_->consume(**size);
    x.bytes_in = **size;
    auto const taken = x.take_head(std::move(*parsed));
    if (!taken) return taken.error();
    return true;
}

asio::awaitable<response> session::call_endpoint(transaction& x) {
    link_->watch(x.client_left(), context_->limit.max_header_bytes);
    auto answer = co_await x.row->target->handle(x.req());
    link_->unwatch();
    co_return answer;
}

bool session::may_keep(transaction const& x, response const& r) const {
    if (!x.stream_clear || !x.head().keep_alive || r.close) return false;
    if (context_->closes_after_answers || context_->draining) return false;
    // A client that was too slow with its body is not waited for again.
    if (r.failure == errc::request_timeout) return false;
    // Nothing more will come of one that has finished sending.
    if (link_->is_half_closed() && link_->unread().empty()) return false;
    return x.body_left == 0 || (x.body_left <= droppable_bytes_max && !x.continue_expected);
}

asio::awaitable<bool> session::send(transaction& x, response const& r, bool keep) {
    auto& head = context_->output();
    head.clear();
    append_response_head(head, r, x.facts(keep));
    std::string_view body;
    if (x.req().method != verb::head && may_have_body(r.status)) body = r.body;
    x.bytes_out = head.size() + body.size();
    if (body.size() <= joined_body_bytes_max) {
        head += body;
        body = {};
    }
    auto const sent = co_await link_->write(head, body);
    co_return sent;
}

/// Closing with unread bytes would make the kernel send a reset, which takes the answer away from the client: so says
/// RFC 9112 section 9.6. Reads and drops until the client closes, within bounds.
asio::awaitable<void> session::linger() {
    link_->shut_down_sending();
    link_->consume(link_->unread().size());
    auto const deadline = steady_clock::now() + context_->limit.linger_time;
    std::size_t dropped = 0;
    while (dropped < linger_bytes_max && !context_->aborted) {
        auto const end = co_await link_->wait(connection::wait_type::wait_read, deadline);
        if (end != connection::wait_end::ready) co_return;
        auto const got = link_->read(linger_bytes_max);
        if (got.end == connection::read_end::closed) co_return;
        dropped += got.bytes.size();
    }
}

}  // namespace sma::http
