#include "rpc_request_head.hpp"

#include <algorithm>

namespace sma::api::inference_protocol {
namespace {

constexpr std::string_view unknown_path = "other";
constexpr std::string_view binary_suffix = "-bin";

std::string_view label_of(rpc_call const& call) {
    auto const which = call.which();
    if (!which) return unknown_path;
    return std::find_if(procedure_paths.begin(), procedure_paths.end(), [&](auto const& p) { return p.which == which; })
        ->path;
}

}  // namespace

http::foreign_request::head head_of(rpc_call const& call) {
    http::foreign_request::head head;
    head.path_template = label_of(call);
    head.target = call.path();
    head.client = call.peer();
    head.deadline = call.deadline();
    for (auto& [name, value] : call.metadata())
        if (!name.ends_with(binary_suffix)) head.headers.emplace_back(std::move(name), std::move(value));
    return head;
}

}  // namespace sma::api::inference_protocol
