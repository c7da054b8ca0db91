#include "sma/http/router.hpp"

#include "sma/http/target.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace sma::http {
namespace {

/// Cuts the first segment off a path that begins with '/'.
std::string_view cut_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

bool is_literal(std::string_view pattern) noexcept { return pattern.find('{') == pattern.npos; }

bool is_variable(std::string_view segment) noexcept {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool fits_segment(std::string_view pattern, std::string_view segment, std::map<std::string, std::string>& found) {
    bool const literal = !is_variable(pattern);
    if (literal && segment.find('%') == segment.npos) return segment == pattern;
    auto decoded = percent_decode(segment);
    if (!decoded || decoded->empty()) return false;
    if (literal) return *decoded == pattern;
    found.insert_or_assign(std::string(pattern.substr(1, pattern.size() - 2)), std::move(*decoded));
    return true;
}

/// True if the path matches the template; its variables are written to `found`.
bool fits(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& found) {
    if (pattern == path && is_literal(pattern)) return true;
    while (!pattern.empty() && !path.empty() && path.front() == '/') {
        auto const wanted = cut_segment(pattern);
        auto const segment = cut_segment(path);
        if (!fits_segment(wanted, segment, found)) return false;
    }
    return pattern.empty() && path.empty();
}

bool is_below(std::string_view path, std::string_view prefix) noexcept {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

router::router(std::vector<route> table, std::vector<error_shape> shapes)
    : table_(std::move(table)), shapes_(std::move(shapes)) {
    std::set<std::pair<verb, std::string_view>> seen;
    for (auto const& row : table_) {
        if (!row.path.starts_with('/'))
            throw std::logic_error("a route's path must begin with '/': " + std::string(row.path));
        if (!seen.emplace(row.method, row.path).second)
            throw std::logic_error("duplicate route: " + std::string(row.path));
    }
    // Literal paths first, so that "/models/ready" is not taken for "/models/{name}".
    std::stable_partition(table_.begin(), table_.end(), [](route const& row) { return is_literal(row.path); });
}

match router::find(verb method, std::string_view path) const {
    auto const wanted = method == verb::head ? verb::get : method;
    match m;
    for (auto const& row : table_) {
        std::map<std::string, std::string> parameters;
        if ((m.path_known && row.path != m.path_template) || !fits(row.path, path, parameters)) continue;
        m.path_known = true;
        m.path_template = row.path;
        m.parameters = std::move(parameters);
        if (row.method != wanted) continue;
        m.found = &row;
        break;
    }
    return m;
}

std::string router::allowed(std::string_view path) const {
    auto const known = find(verb::unknown, path);
    std::set<std::string_view> methods{"OPTIONS"};
    for (auto const& row : table_) {
        if (path != "*" && row.path != known.path_template) continue;
        auto const name = beast_http::to_string(row.method);
        methods.emplace(name.data(), name.size());
        if (row.method == verb::get) methods.emplace("HEAD");
    }
    std::string out;
    for (auto const method : methods) {
        if (!out.empty()) out += ", ";
        out += method;
    }
    return out;
}

response router::explain(std::string_view path, error const& e, std::string_view correlation_id) const {
    for (auto const& shape : shapes_)
        if (is_below(path, shape.prefix)) return shape.make(e, correlation_id);
    return make_error_response(e, correlation_id);
}

}  // namespace sma::http
