#include "image_request.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cctype>
#include <stop_token>

namespace sma::fetch {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t header_bytes_max = 16 * 1024;

error not_fetched(std::string why) { return error(errc::image_not_fetched, "the image's host " + std::move(why)); }

asio::ip::address asio_address(ip_address const& a) {
    asio::ip::address_v6 const v6(a.bytes);
    return a.is_v4() ? asio::ip::address(asio::ip::make_address_v4(asio::ip::v4_mapped, v6)) : asio::ip::address(v6);
}

std::string head_of(image_url const& url) {
    return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority +
           "\r\nUser-Agent: simple-model-api\r\nAccept: image/*\r\nAccept-Encoding: identity\r\nConnection: "
           "close\r\n\r\n";
}

bool is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Of an image, or of bytes that nobody has named.
bool is_image_type(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find_first_of("; \t")));
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
    return type.empty() || type.starts_with("image/") || type == "application/octet-stream" ||
           type == "binary/octet-stream";
}

error failure_of(boost::system::error_code const& failed) {
    if (failed == boost::beast::error::timeout) return not_fetched("takes too long");
    return not_fetched("did not send it: " + failed.message());
}

}  // namespace

asio::awaitable<result<image_reply>> image_request::run(image_url const& url, std::vector<ip_address> const& addresses,
                                                        request_context const& context) {
    stream_.tcp().expires_at(context.deadline);
    std::stop_callback const leave(context.cancelled, [this] { stream_.tcp().cancel(); });
    auto reply = co_await ask(url, addresses);
    if (!reply && context.is_cancelled()) co_return client_closed_request();
    co_return reply;
}

asio::awaitable<result<image_reply>> image_request::ask(image_url const& url,
                                                        std::vector<ip_address> const& addresses) {
    auto const unconnected = co_await connect(url, addresses);
    if (unconnected) co_return failure_of(unconnected);
    if (url.secure) {
        auto const refused = co_await stream_.shake_hands(tls_context_, url.host);
        if (refused) co_return failure_of(refused);
    }
    std::string const head = head_of(url);
    auto const [unsent, bytes] = co_await asio::async_write(stream_, asio::buffer(head), token);
    if (unsent) co_return failure_of(unsent);
    auto reply = co_await receive();
    co_return reply;
}

asio::awaitable<image_request::error_code> image_request::connect(image_url const& url,
                                                                  std::vector<ip_address> const& addresses) {
    error_code failed = asio::error::host_not_found;
    for (auto const& address : addresses) {
        asio::ip::tcp::endpoint const there(asio_address(address), url.port);
        auto const [connecting_failed] = co_await stream_.tcp().async_connect(there, token);
        failed = connecting_failed;
        if (!failed || failed == boost::beast::error::timeout || failed == asio::error::operation_aborted) break;
        stream_.tcp().socket().close();
    }
    co_return failed;
}

asio::awaitable<result<image_reply>> image_request::receive() {
    http::response_parser<http::string_body> answer;
    answer.header_limit(header_bytes_max);
    answer.body_limit(bytes_max_);
    auto const [no_header, header_bytes] = co_await http::async_read_header(stream_, received_, answer, token);
    auto const too_large =
        error(errc::file_too_large,
              "the image's host sends more than " + std::to_string(bytes_max_) + " bytes, the limit (max_image_bytes)");
    if (no_header == http::error::body_limit) co_return too_large;
    if (no_header) co_return failure_of(no_header);
    auto& message = answer.get();
    unsigned const status = message.result_int();
    if (is_redirect(status)) co_return image_reply{{}, std::string(message[http::field::location])};
    if (status != 200) co_return not_fetched("answers with status " + std::to_string(status));
    if (!is_image_type(message[http::field::content_type])) co_return not_fetched("sends something that is no image");
    auto const coding = message[http::field::content_encoding];
    if (!coding.empty() && coding != "identity") co_return not_fetched("sends it compressed, which was not asked for");
    auto const [failed, body_bytes] = co_await http::async_read(stream_, received_, answer, token);
    if (failed == http::error::body_limit) co_return too_large;
    if (failed) co_return failure_of(failed);
    co_return image_reply{std::move(message.body()), std::nullopt};
}

}  // namespace sma::fetch
