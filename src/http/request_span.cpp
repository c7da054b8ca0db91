#include "request_span.hpp"

#include "transaction.hpp"

#include "sma/core/parse_number.hpp"
#include "sma/http/target.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sma::http {
namespace {

constexpr std::size_t attribute_bytes_max = 256;

std::string clean(std::string_view text) {
    std::string out(text.substr(0, attribute_bytes_max));
    std::ranges::replace_if(
        out, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return out;
}

/// Collects attributes; those without a value are left out.
class attribute_list {
public:
    void add(std::string_view name, std::string_view text) {
        if (!text.empty()) all_.push_back({name, clean(text)});
    }
    void add(std::string_view name, std::int64_t number) { all_.push_back({name, number}); }
    std::vector<tracing::span_attribute> take() { return std::move(all_); }

private:
    std::vector<tracing::span_attribute> all_;
};

void add_authority(attribute_list& attributes, std::string_view host) {
    bool const is_ipv6 = host.starts_with('[');
    auto const end = is_ipv6 ? host.find(']') : std::min(host.find(':'), host.size());
    if (end == host.npos) return;
    attributes.add("server.address", host.substr(is_ipv6 ? 1 : 0, end - (is_ipv6 ? 1 : 0)));
    auto const colon = host.find(':', end);
    if (colon == host.npos) return;
    if (auto const port = parse_number<std::uint16_t>(host.substr(colon + 1))) attributes.add("server.port", *port);
}

void add_error(attribute_list& attributes, request_outcome const& o) {
    if (o.status == status_client_left)
        attributes.add("error.type", error_name(errc::client_closed_request));
    else if (o.failure)
        attributes.add("error.type", error_name(*o.failure));
}

bool has_route(request_outcome const& o) { return o.path_template != "other"; }

std::string describe_http(attribute_list& attributes, request const& r, request_outcome const& o) {
    std::string_view const method = o.method == "OTHER" ? "_OTHER" : o.method;
    auto const target = split_target(r.target);
    attributes.add("http.request.method", method);
    attributes.add("url.scheme", o.is_secured ? "https" : "http");
    attributes.add("url.path", target ? target->path : std::string_view{});
    if (has_route(o)) attributes.add("http.route", o.path_template);
    if (o.status != status_client_left) attributes.add("http.response.status_code", std::int64_t{o.status});
    add_authority(attributes, r.header("Host"));
    attributes.add("network.protocol.version", o.version == 10 ? "1.0" : "1.1");

    std::string name(o.method == "OTHER" ? "HTTP" : o.method);
    if (has_route(o)) name.append(" ").append(o.path_template);
    return name;
}

std::string describe_rpc(attribute_list& attributes, request_outcome const& o) {
    attributes.add("rpc.system", "grpc");
    attributes.add("network.protocol.version", "2");
    if (!has_route(o)) return "grpc";
    auto const name = o.path_template.substr(1);
    auto const slash = name.find('/');
    attributes.add("rpc.service", name.substr(0, slash));
    attributes.add("rpc.method", name.substr(slash + 1));
    return std::string(name);
}

}  // namespace

tracing::span request_span(request const& r, request_outcome const& o) {
    attribute_list attributes;
    tracing::span span;
    span.name = o.is_rpc ? describe_rpc(attributes, o) : describe_http(attributes, r, o);
    add_error(attributes, o);
    attributes.add("client.address", r.client);
    attributes.add("user_agent.original", r.header("User-Agent"));
    attributes.add("simple_model_api.correlation_id", r.context.correlation_id);
    span.began = r.received_at;
    span.ended = std::chrono::steady_clock::now();
    span.attributes = attributes.take();
    span.failed = o.status >= 500;
    return span;
}

}  // namespace sma::http
