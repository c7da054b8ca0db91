#include "sma/tracing/request_trace.hpp"

#include <chrono>
#include <utility>

namespace sma::tracing {
namespace {

constexpr std::size_t children_max = 64;

}  // namespace

request_trace::request_trace(span_sink& sink, span_context own, span_id parent, std::string tracestate) : sink_(sink) {
    server_.kind = span_kind::server;
    server_.context = own;
    server_.parent = parent;
    server_.tracestate = std::move(tracestate);
}

void request_trace::add_child(std::string_view name, steady_time began, steady_time ended, bool failed,
                              std::vector<span_context> links) {
    if (children_.size() == children_max) return;
    auto& child = children_.emplace_back();
    child.name = name;
    child.context = {server_.context.trace, make_span_id()};
    child.parent = server_.context.span;
    child.tracestate = server_.tracestate;
    child.began = began;
    child.ended = ended;
    child.links = std::move(links);
    child.failed = failed;
}

void request_trace::finish(span&& facts) {
    facts.kind = server_.kind;
    facts.context = server_.context;
    facts.parent = server_.parent;
    facts.tracestate = std::move(server_.tracestate);
    children_.push_back(std::move(facts));
    sink_.push(std::move(children_));
}

traced_stage::traced_stage(request_trace* trace, std::string_view name) : trace_(trace), name_(name) {
    if (trace_ != nullptr) began_ = std::chrono::steady_clock::now();
}

void traced_stage::end() {
    auto* const trace = std::exchange(trace_, nullptr);
    if (trace != nullptr) trace->add_child(name_, began_, std::chrono::steady_clock::now(), failed_);
}

}  // namespace sma::tracing
