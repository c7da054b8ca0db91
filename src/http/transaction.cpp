#include "transaction.hpp"

#include "joined_header.hpp"
#include "request_span.hpp"
#include "sma/core/correlation_id.hpp"
#include "sma/core/logging.hpp"
#include "sma/core/parse_number.hpp"
#include "sma/http/target.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace sma::http {
namespace {

using std::chrono::steady_clock;

/// Longer targets are cut in the log.
constexpr std::size_t logged_target_bytes_max = 256;

double ms_since(steady_time begin) {
    return std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
}

/// The methods that have a label of their own in the metrics: a client cannot make up more.
std::string_view method_label(verb method) noexcept {
    switch (method) {
        case verb::get:
            return "GET";
        case verb::head:
            return "HEAD";
        case verb::post:
            return "POST";
        case verb::put:
            return "PUT";
        case verb::delete_:
            return "DELETE";
        case verb::patch:
            return "PATCH";
        case verb::options:
            return "OPTIONS";
        default:
            return "OTHER";
    }
}

/// True for an error of the server's state, not of what was sent.
bool is_rejection(errc code) noexcept {
    switch (code) {
        case errc::queue_full:
        case errc::deadline_exceeded:
        case errc::model_not_loaded:
        case errc::out_of_memory:
        case errc::shutting_down:
        case errc::rate_limited:
            return true;
        default:
            return false;
    }
}

std::optional<std::chrono::milliseconds> positive_ms(std::string_view text) {
    auto const value = parse_number<std::int64_t>(text);
    if (!value || *value <= 0) return std::nullopt;
    return std::chrono::milliseconds(*value);
}

}  // namespace

transaction::transaction(session_context& context, std::string const& client)
    : context_(context), held_(context.bodies) {
    request_.received_at = steady_clock::now();
    request_.client = client;
    request_.context.correlation_id = make_correlation_id();
    request_.context.deadline = request_.received_at + context.limit.request_timeout;
    context_.begin_request();
}

transaction::~transaction() {
    if (!finished_) context_.end_request();
}

result<void> transaction::take_head(request_head&& parsed) {
    head_ = std::move(parsed);
    head_read = true;
    stream_clear = head_.framing != body_framing::chunked;
    body_left = head_.content_length;
    continue_expected = head_.expects_continue && head_.framing != body_framing::none;
    request_.method = head_.method;
    request_.target = std::move(head_.target);
    request_.headers = std::move(head_.fields);
    client_left_ = std::stop_source();
    request_.context.cancelled = client_left_.get_token();
    take_identity();

    auto const parts = split_target(request_.target);
    raw_path_ = parts->path;
    auto path = percent_decode(raw_path_);
    if (!path) return error(errc::malformed_request, "the path has a malformed percent escape");
    request_.path = std::move(*path);
    request_.query = parse_query(parts->query);
    take_deadline();
    return {};
}

void transaction::take_identity() {
    request_.client = context_.proxies.client_of(request_, request_.client);
    if (context_.limit.trust_correlation_id) {
        for (auto const* name : {"X-Correlation-ID", "X-Request-ID"}) {
            auto const id = request_.header(name);
            if (!is_valid_correlation_id(id)) continue;
            request_.context.correlation_id = id;
            break;
        }
    }
    take_trace();
}

// Two headers are as bad as none: nobody knows which caller is meant (W3C Trace Context section 3.2).
void transaction::take_trace() {
    std::optional<tracing::trace_parent> parent;
    if (request_.headers.count("traceparent") == 1) parent = tracing::parse_traceparent(request_.header("traceparent"));
    if (parent) {
        request_.trace_id = tracing::to_text(parent->context.trace);
        traceparent_ = request_.header("traceparent");
    }
    if (context_.tracer == nullptr) return;
    trace_ = context_.tracer->begin(parent, joined_header(request_, "tracestate"));
    if (!trace_) return;
    request_.trace_id = tracing::to_text(trace_->context().trace);
    request_.context.trace = trace_.get();
}

void transaction::trace_upload(bool complete) {
    if (!trace_ || (head_.framing == body_framing::none && !is_rpc)) return;
    trace_->add_child("receive", request_.received_at, steady_clock::now(), !complete);
}

void transaction::finish_trace(unsigned status, response const& sent) {
    auto span = request_span(request_, {method_label(request_.method), path_template, status, sent.failure, is_secured,
                                        head_.version, is_rpc});
    trace_->finish(std::move(span));
}

void transaction::take_deadline() {
    auto const text = request_.query_value("timeout_ms");
    if (!text) return;
    auto const own = positive_ms(*text);
    if (!own || *own >= context_.limit.request_timeout) return;
    request_.context.deadline = request_.received_at + *own;
    has_own_deadline_ = true;
}

response transaction::explain(error const& e) const {
    return context_.routes.explain(raw_path_, e, request_.context.correlation_id);
}

double transaction::elapsed_ms() const { return ms_since(request_.received_at); }

response_facts transaction::facts(bool keep) const {
    response_facts facts;
    facts.date = context_.date();
    facts.correlation_id = request_.context.correlation_id;
    facts.traceparent = traceparent_;
    facts.elapsed_ms = elapsed_ms();
    facts.version = head_.version;
    facts.keep_alive = keep;
    return facts;
}

void transaction::finish(unsigned status, response const& sent) {
    if (std::exchange(finished_, true)) return;
    context_.end_request();
    held_.clear();
    auto const total_ms = elapsed_ms();
    auto const label = head_read ? method_label(request_.method) : "OTHER";
    auto const trace_id = trace_ ? std::string_view(request_.trace_id) : std::string_view{};
    context_.counters.count_request(label, path_template, status, total_ms / 1000, trace_id);
    if (sent.failure && is_rejection(*sent.failure)) context_.counters.count_rejection(error_name(*sent.failure));
    if (log::enabled(log::level::info)) write_access_line(status, sent, total_ms);
    if (trace_) finish_trace(status, sent);
}

void transaction::write_access_line(unsigned status, response const& sent, double total_ms) const {
    auto const method = head_read ? method_label(request_.method) : "-";
    auto const target = std::string_view(request_.target).substr(0, request_.target.find('?'));
    auto const failure = status == status_client_left ? error_name(errc::client_closed_request)
                         : sent.failure               ? error_name(*sent.failure)
                                                      : std::string_view{};
    std::vector<log::field> fields{{"method", method},
                                   {"path", path_template},
                                   {"target", target.substr(0, logged_target_bytes_max)},
                                   {"status", status},
                                   {"error", failure},
                                   {"bytes_in", bytes_in},
                                   {"bytes_out", bytes_out},
                                   {"client", request_.client},
                                   {"key", request_.key_name},
                                   {"correlation_id", request_.context.correlation_id},
                                   {"trace_id", request_.trace_id},
                                   {"upload_ms", request_.upload_ms},
                                   {"total_ms", total_ms}};
    for (auto const& [name, value] : sent.log_fields)
        std::visit([&, n = name](auto const& v) { fields.emplace_back(n, v); }, value);
    log::write(log::level::info, "request", fields);
}

}  // namespace sma::http
