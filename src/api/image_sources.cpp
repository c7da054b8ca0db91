#include "sma/api/image_sources.hpp"

#include "base64.hpp"
#include "byte_order_mark.hpp"
#include "validation_error.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cctype>

namespace sma::api {
namespace {

namespace json = boost::json;

// Of these, JSON and base64 together take about 0.3 ms.
constexpr std::size_t json_bytes_inline = 256 * 1024;

// The media type without parameters, in lower case.
std::string media_type(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find(';')));
    type.erase(std::remove_if(type.begin(), type.end(), [](unsigned char c) { return std::isspace(c); }), type.end());
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
    return type;
}

error too_many(std::size_t images_max) {
    return validation_error("more than " + std::to_string(images_max) +
                            " images in one request; the limit is the setting max_images");
}

result<image_sources> from_parts(http::request const& r, std::size_t images_max) {
    image_sources found;
    for (auto const& part : r.parts) {
        if (part.name != "file") continue;
        if (media_type(part.content_type) == "multipart/mixed")
            return error(errc::malformed_multipart,
                         "the part `file` is a multipart/mixed of several files, as curl sends for -F file=@a,b: send "
                         "each file in a part of its own, -F file=@a -F file=@b");
        if (found.images.size() == images_max) return too_many(images_max);
        std::optional<std::string_view> const filename =
            part.filename.empty() ? std::nullopt : std::optional<std::string_view>(part.filename);
        found.images.push_back({filename, part.bytes});
    }
    if (found.images.empty())
        return error(errc::missing_file, "the form has no part named `file`: send the image as -F file=@photo.jpg");
    found.as_list = found.images.size() > 1;
    return found;
}

/// The strings of a JSON body that stand for images.
struct json_images {
    std::vector<json::value const*> texts;
    bool as_list = false;
    bool are_urls = false;
};

result<json_images> named_images(json::value const& document, std::size_t images_max) {
    json_images found;
    std::vector<json::value const*> members;
    if (auto const* const object = document.if_object()) {
        for (std::string_view const key : {"image", "images", "url", "urls"}) {
            auto const* const member = object->if_contains({key.data(), key.size()});
            if (member == nullptr) continue;
            members.push_back(member);
            found.as_list = key.ends_with('s');
            found.are_urls = key.starts_with('u');
        }
    }
    if (members.size() != 1)
        return error(errc::missing_file,
                     "the JSON body needs one of \"image\": \"<base64>\", \"images\": [\"<base64>\", ...], \"url\": "
                     "\"https://...\" and \"urls\": [\"https://...\", ...]");
    if (!found.as_list) {
        found.texts = members;
        return found;
    }
    if (!members.front()->is_array() || members.front()->get_array().empty())
        return error(errc::missing_file, "\"images\" and \"urls\" must be a list of one or more strings");
    for (auto const& element : members.front()->get_array()) found.texts.push_back(&element);
    if (found.texts.size() > images_max) return too_many(images_max);
    return found;
}

result<void> read_base64(std::vector<json::value const*> const& texts, image_sources& found) {
    found.decoded.reserve(texts.size());
    for (auto const* value : texts) {
        auto const* encoded = value->if_string();
        auto bytes = encoded ? decode_base64({encoded->data(), encoded->size()}) : std::nullopt;
        if (!bytes)
            return error(errc::malformed_request,
                         "image " + std::to_string(found.decoded.size() + 1) + " is not a string of base64 (RFC 4648)");
        found.decoded.push_back(std::move(*bytes));
        found.images.push_back({std::nullopt, found.decoded.back()});
    }
    return {};
}

result<void> read_urls(std::vector<json::value const*> const& texts, image_sources& found) {
    for (auto const* value : texts) {
        auto const* text = value->if_string();
        if (!text)
            return error(errc::malformed_request, "URL " + std::to_string(found.urls.size() + 1) + " is not a string");
        found.urls.emplace_back(text->data(), text->size());
        found.images.push_back({std::nullopt, {}});
    }
    return {};
}

result<image_sources> from_json(http::request const& r, std::size_t images_max) {
    json::error_code failure;
    json::parse_options options;
    options.max_depth = 8;
    auto const text = without_byte_order_mark(r.body);
    auto const document = json::parse({text.data(), text.size()}, failure, {}, options);
    if (failure) return error(errc::malformed_request, "the body is not valid JSON: " + failure.message());
    auto const named = named_images(document, images_max);
    if (!named) return named.error();
    image_sources found;
    found.as_list = named->as_list;
    auto const read = named->are_urls ? read_urls(named->texts, found) : read_base64(named->texts, found);
    if (!read) return read.error();
    return found;
}

result<image_sources> from_body(http::request const& r, std::string const& type) {
    if (r.body.empty() && !type.starts_with("image/") && type != "application/octet-stream")
        return error(errc::missing_file,
                     "no image was sent: use a form with a part named `file`, or the image as the body");
    image_sources found;
    found.images.push_back({std::nullopt, r.body});
    return found;
}

}  // namespace

result<image_sources> find_images(http::request const& r, std::size_t images_max) {
    auto const type = media_type(r.header("Content-Type"));
    auto found = type == "multipart/form-data" ? from_parts(r, images_max)
                 : type == "application/json"  ? from_json(r, images_max)
                                               : from_body(r, type);
    if (found && !found->as_list && found->urls.empty() && found->images.front().bytes.empty())
        return error(errc::empty_file, "the image has no bytes");
    return found;
}

bool is_long_json(http::request const& r) {
    return r.body.size() > json_bytes_inline && media_type(r.header("Content-Type")) == "application/json";
}

}  // namespace sma::api
