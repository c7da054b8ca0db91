// Encoding of the session's responses: gzip for clients that accept it, in slices between which others have their turn.
#include "session.hpp"

#include "content_coding.hpp"
#include "gzip_writer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string>

namespace sma::http {
namespace asio = boost::asio;

namespace {

constexpr std::size_t encoded_from_bytes = 1024;
/// Takes about 0.2 ms.
constexpr std::size_t slice_bytes = 16 * 1024;

/// Images are compressed already.
bool can_be_encoded(response const& r) {
    auto const is_encoding = [](auto const& header) { return header.first == "Content-Encoding"; };
    return may_have_body(r.status) && r.body.size() > encoded_from_bytes && !r.content_type.starts_with("image/") &&
           std::ranges::none_of(r.headers, is_encoding);
}

/// Bytes that differ must not have the same strong tag (RFC 9110 section 8.8.3.3).
void weaken_etag(response& r) {
    for (auto& [name, value] : r.headers)
        if (name == "ETag" && value.starts_with('"')) value.insert(0, "W/");
}

/// The endpoint may have named other headers.
void vary_by_encoding(response& r) {
    for (auto& [name, value] : r.headers)
        if (name == "Vary") return void(value += ", Accept-Encoding");
    r.headers.emplace_back("Vary", "Accept-Encoding");
}

}  // namespace

asio::awaitable<void> session::encode(transaction& x, response& r) {
    if (r.status == 304) vary_by_encoding(r);
    if (!can_be_encoded(r)) co_return;
    vary_by_encoding(r);
    if (!accepts_gzip(x.req())) co_return;
    auto const executor = link_->socket().get_executor();
    gzip_writer writer(r.body.size());
    std::string encoded;
    std::string_view rest = r.body;
    for (;;) {
        auto const slice = rest.substr(0, slice_bytes);
        rest.remove_prefix(slice.size());
        writer.add(slice, rest.empty(), encoded);
        if (rest.empty()) break;
        co_await asio::post(executor, asio::use_awaitable);
    }
    if (encoded.size() >= r.body.size()) co_return;
    r.body = std::move(encoded);
    r.headers.emplace_back("Content-Encoding", "gzip");
    weaken_etag(r);
}

}  // namespace sma::http
