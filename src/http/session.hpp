// Session: the coroutine that reads, routes and answers the requests of one connection.
#pragma once

#include "connection.hpp"
#include "transaction.hpp"
#include "upload.hpp"

#include "chunk_decoder.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace sma::http {

/// Owned by its own coroutine, which start() spawns on the socket's executor; I/O thread only. Shares the ownership of
/// the context, so it may outlive the server.
class session final : public registered_session {
public:
    /// `tls` null: plain HTTP.
    static void start(std::shared_ptr<session_context> context, stream_socket socket, std::string client,
                      tls_context const* tls);

    session(std::shared_ptr<session_context> context, stream_socket socket, std::string client);
    ~session() override;

    void leave_if_idle() override;
    void abort() override;

private:
    enum class next_step { next_request, linger, close };
    template <class T = void>
    using awaitable = boost::asio::awaitable<T>;

    static awaitable<> run(std::shared_ptr<session> self);
    awaitable<> serve_all();
    awaitable<bool> next_request();
    bool skip_empty_line() noexcept;
    void begin_idle(steady_time now);
    void end_idle();
    awaitable<bool> wait_idle();
    bool may_wait_idle() const noexcept;
    awaitable<next_step> serve();
    awaitable<response> produce(transaction& x);
    awaitable<result<void>> read_head(transaction& x);
    result<bool> try_head(transaction& x, head_scanner& scanner);
    awaitable<response> call_endpoint(transaction& x);
    response caught(transaction& x, std::exception_ptr thrown) const;
    bool may_keep(transaction const& x, response const& r) const;
    awaitable<bool> send(transaction& x, response const& r, bool keep);
    awaitable<> linger();

    // session_handshake.cpp
    awaitable<bool> shake_hands();
    awaitable<> refuse_handshake();
    void note_failure(std::string_view reason);

    // session_routing.cpp
    std::optional<response> answer_from_table(transaction& x);
    response options(transaction& x, bool known) const;
    response not_allowed(transaction& x) const;
    static response refused(transaction& x, error const& e);
    static response coding_refused(transaction& x, error const& e);

    // session_encoding.cpp
    awaitable<> encode(transaction& x, response& r);

    // session_body.cpp
    awaitable<result<void>> receive_body(transaction& x);
    awaitable<result<void>> send_continue(transaction& x);
    awaitable<result<void>> receive_sized(transaction& x, upload& sink);
    awaitable<result<void>> receive_chunked(transaction& x, upload& sink);
    awaitable<result<void>> wait_for_body(transaction& x, std::uint64_t received);
    steady_time slowest_arrival(std::uint64_t received) const;
    result<void> take_content(transaction& x, upload& sink, std::string_view bytes);
    result<void> feed_chunks(transaction& x, upload& sink, chunk_decoder& decoder);
    awaitable<bool> drop_body(transaction& x);

    std::shared_ptr<session_context> context_;
    std::shared_ptr<connection> link_;
    bool const came_while_draining_;
    bool asked_to_leave_ = false;
    bool idle_ = false;
    unsigned served_without_wait_ = 0;
    steady_time body_begin_{};
};

}  // namespace sma::http
