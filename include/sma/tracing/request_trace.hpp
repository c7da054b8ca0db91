// Spans of one sampled request: the server span, and a child for each stage.
#pragma once

#include "sma/tracing/span.hpp"
#include "sma/tracing/span_sink.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sma::tracing {

/// Owned by the transaction; request_context has a pointer to it, which is null where the request is not traced. Only
/// one thread uses it at a time: that of the session, and while that waits for the dispatcher the inference thread,
/// which reads context() and sink().
class request_trace {
public:
    /// `parent` all zero: this is the root of a new trace.
    request_trace(span_sink& sink, span_context own, span_id parent, std::string tracestate);

    /// Of the server span.
    span_context const& context() const noexcept { return server_.context; }
    span_sink& sink() const noexcept { return sink_; }

    /// Adds a finished stage. `links` are spans of other traces. At most 64; more are left out.
    void add_child(std::string_view name, steady_time began, steady_time ended, bool failed = false,
                   std::vector<span_context> links = {});
    /// Completes the server span with what `facts` has of name, times, attributes and status, and pushes all spans. To
    /// be called once.
    void finish(span&& facts);

private:
    span_sink& sink_;
    span server_;
    std::vector<span> children_;
};

/// Adds a stage to a trace that lasts from construction to end(), or to destruction. Does nothing where `trace` is
/// null.
class traced_stage {
public:
    traced_stage(request_trace* trace, std::string_view name);
    ~traced_stage() { end(); }
    traced_stage(traced_stage const&) = delete;
    traced_stage& operator=(traced_stage const&) = delete;

    void fail() noexcept { failed_ = true; }
    void end();

private:
    request_trace* trace_;
    std::string_view name_;
    steady_time began_{};
    bool failed_ = false;
};

}  // namespace sma::tracing
