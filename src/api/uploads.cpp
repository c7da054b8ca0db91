#include "sma/api/uploads.hpp"

#include "query_number.hpp"
#include "validation_error.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace sma::api {
namespace {

result<void> check_timeout(http::request const& r, std::chrono::milliseconds most) {
    auto const timeout_ms = query_number(r, "timeout_ms", most.count(), most.count());
    return timeout_ms ? result<void>() : timeout_ms.error();
}

result<void> check_sizes(image_sources const& found, std::size_t bytes_max) {
    for (auto const& image : found.images)
        if (image.bytes.size() > bytes_max)
            return error(errc::file_too_large, "an image has " + std::to_string(image.bytes.size()) +
                                                   " bytes; the limit is " + std::to_string(bytes_max) +
                                                   " (max_image_bytes)");
    return {};
}

bool is_missing(image_source const& image) { return image.failed.has_value(); }

}  // namespace

boost::asio::awaitable<result<image_sources>> uploads::read(http::request const& r) {
    auto const timeout = check_timeout(r, limits_.timeout_max);
    if (!timeout) co_return timeout.error();
    auto found = co_await find(r);
    if (!found) co_return found.error();
    auto const fetched = co_await fetch(r, *found);
    if (!fetched) co_return fetched.error();
    auto const sizes = check_sizes(*found, limits_.image_bytes_max);
    if (!sizes) co_return sizes.error();
    bool const none = std::all_of(found->images.begin(), found->images.end(), is_missing);
    if (none) co_return *found->images.front().failed;
    co_return std::move(*found);
}

boost::asio::awaitable<result<image_sources>> uploads::find(http::request const& r) {
    if (!is_long_json(r)) co_return find_images(r, limits_.images_max);
    std::optional<result<image_sources>> found;
    std::function<void()> work = [&] { found.emplace(find_images(r, limits_.images_max)); };
    auto const ran = co_await workers_.async_run(r.context, std::move(work), boost::asio::use_awaitable);
    if (!ran) co_return ran.error();
    co_return std::move(*found);
}

boost::asio::awaitable<result<void>> uploads::fetch(http::request const& r, image_sources& found) {
    if (found.urls.empty()) co_return result<void>();
    if (fetcher_ == nullptr) co_return validation_error("images by URL are switched off (url_allowed_hosts)");
    auto context = r.context;
    auto fetched = co_await fetcher_->fetch_all(std::move(context), std::move(found.urls));
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        found.decoded.push_back(fetched[i] ? std::move(*fetched[i]) : std::string());
        if (!fetched[i]) found.images[i].failed = fetched[i].error();
    }
    for (std::size_t i = 0; i < fetched.size(); ++i) found.images[i].bytes = found.decoded[i];
    co_return result<void>();
}

boost::asio::awaitable<result<std::string>> uploads::write(http::request const& r, bool is_long,
                                                           std::function<std::string()> make) {
    if (!is_long) co_return make();
    std::string body;
    std::function<void()> work = [&] { body = make(); };
    auto const ran = co_await workers_.async_run(r.context, std::move(work), boost::asio::use_awaitable);
    if (!ran) co_return ran.error();
    co_return std::move(body);
}

}  // namespace sma::api
