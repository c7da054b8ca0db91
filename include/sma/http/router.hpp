// Router: one table from method and path to endpoint, read by the session and by the OpenAPI document.
#pragma once

#include "sma/http/endpoint.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sma::http {

/// The kind of body that a route accepts.
enum class body_kind {
    none,      ///< a body is read and thrown away, up to a small limit
    upload,    ///< multipart/form-data into parts, each up to max_part_bytes; JSON into body, up to max_body_bytes;
               ///< anything else into body, up to max_part_bytes
    document,  ///< anything into body as it comes, up to max_body_bytes
};

/// Access to a route.
enum class access_rule {
    checked,  ///< with a key, if the server has keys
    open,     ///< without a key: health, metrics, pages, all of the admin listener
};

/// One row of the table. `path` may have `{name}` segments, which match one non-empty segment each; the row is then
/// also the label of its metrics and log lines.
struct route {
    verb method;
    std::string_view path;
    body_kind body;
    endpoint* target;  ///< not owned
    access_rule access = access_rule::checked;
};

/// The result of a look-up. `path_known` without `found` means 405, neither means 404.
struct match {
    route const* found = nullptr;
    bool path_known = false;
    std::string_view path_template = "other";       ///< of the path, whatever the method; "other" for none
    std::map<std::string, std::string> parameters;  ///< percent-decoded
};

/// The shape of errors that the session itself answers below a path, e.g. "/v2".
struct error_shape {
    std::string_view prefix;  ///< whole segments
    response (*make)(error const& e, std::string_view correlation_id);
};

/// Immutable after construction, hence thread-safe. Paths are given as sent, without the query: a segment is decoded
/// only after the split, so that an escaped slash stays inside its segment.
class router {
public:
    /// Throws std::logic_error for a path that does not begin with '/', or a row that is there twice.
    explicit router(std::vector<route> table, std::vector<error_shape> shapes = {});

    /// HEAD finds the row of GET.
    match find(verb method, std::string_view path) const;
    /// The value of Allow for a path: its methods, HEAD where there is GET, and OPTIONS.
    std::string allowed(std::string_view path) const;
    /// The error in the shape of the path: make_error_response unless a shape's prefix fits.
    response explain(std::string_view path, error const& e, std::string_view correlation_id) const;
    std::vector<route> const& table() const noexcept { return table_; }

private:
    std::vector<route> table_;
    std::vector<error_shape> shapes_;
};

}  // namespace sma::http
