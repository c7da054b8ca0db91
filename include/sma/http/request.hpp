// HTTP request, as an endpoint sees it.
#pragma once

#include "sma/core/request_context.hpp"

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/verb.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::http {

namespace beast_http = boost::beast::http;
using verb = beast_http::verb;

/// One part of a multipart/form-data body (RFC 7578).
struct form_part {
    std::string name;          ///< from Content-Disposition; required
    std::string filename;      ///< as the client sent it, without directories; empty if it sent none
    std::string content_type;  ///< empty if it sent none
    std::string bytes;
};

/// Percent-decoded query parameters, in the order sent.
using query_parameters = std::vector<std::pair<std::string, std::string>>;

/// Belongs to the session that read it and lives until its response is written. Used on the I/O thread; other threads
/// may read `body` and `parts` while the handler waits for them.
struct request {
    verb method = verb::get;
    std::string target;  ///< path and query as sent
    std::string path;    ///< percent-decoded, without the query
    query_parameters query;
    std::map<std::string, std::string> path_parameters;  ///< `{name}` segments of the route
    beast_http::fields headers;
    std::vector<form_part> parts;  ///< a multipart body
    std::string body;              ///< any other body
    request_context context;
    std::string trace_id;       ///< of a valid traceparent header, or of a trace that begins here; else empty
    std::string client;         ///< the peer's address, or "unix"; behind a trusted proxy the one it tells
    std::string key_name;       ///< of the API key it came with; empty if none was asked for
    steady_time received_at{};  ///< when its first byte came
    double upload_ms = 0;       ///< from the first byte to the last of the body

    /// The header's value, or an empty view.
    std::string_view header(std::string_view name) const {
        auto const it = headers.find(boost::beast::string_view(name.data(), name.size()));
        return it == headers.end() ? std::string_view{} : std::string_view(it->value().data(), it->value().size());
    }
    /// The first query parameter of that name.
    std::optional<std::string_view> query_value(std::string_view name) const {
        for (auto const& [key, value] : query)
            if (key == name) return value;
        return std::nullopt;
    }
};

}  // namespace sma::http
