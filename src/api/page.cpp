#include "sma/api/page.hpp"

#include "embedded_files.hpp"

#include "sma/http/conditional.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace sma::api {
namespace {

// Nothing inline, nothing from another host; blob: shows the image that was chosen.
constexpr auto content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string content_type_of(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".jpg", "image/jpeg"},
        {".png", "image/png"},
    };
    for (auto const& [ending, type] : types)
        if (name.ends_with(ending)) return std::string(type);
    return "application/octet-stream";
}

embedded_file const* file_for(http::request const& r) {
    auto const named = r.path_parameters.find("file");
    if (named == r.path_parameters.end())
        return find_embedded_file(r.path == "/docs" ? "page/docs.html" : "page/index.html");
    auto const* found = find_embedded_file("page/" + named->second);
    return found != nullptr ? found : find_embedded_file("samples/" + named->second);
}

}  // namespace

boost::asio::awaitable<http::response> page::handle(http::request& r) {
    auto const* file = file_for(r);
    if (file == nullptr)
        co_return http::make_error_response(error(errc::not_found, "no asset has this name"), r.context.correlation_id);
    http::response answer;
    answer.content_type = content_type_of(file->name);
    answer.body = file->bytes;
    answer.headers.emplace_back("Cache-Control", "no-cache");
    answer.headers.emplace_back("Content-Security-Policy", content_security_policy);
    answer.headers.emplace_back("Referrer-Policy", "no-referrer");
    answer.headers.emplace_back("X-Frame-Options", "DENY");
    answer.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    http::apply_etag(answer, r, file->etag);
    co_return answer;
}

}  // namespace sma::api
