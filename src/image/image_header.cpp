#include "image_header.hpp"

#include <utility>

namespace sma::image {

void image_header::reset(image_format const& f) {
    auto reused_parts = std::move(parts);
    auto reused_text = std::move(rewritten);
    auto reused_profile = std::move(profile);
    reused_parts.clear();
    reused_profile.clear();
    reused_text.clear();
    *this = image_header{};
    type = &f;
    parts = std::move(reused_parts);
    profile = std::move(reused_profile);
    rewritten = std::move(reused_text);
}

void image_header::keep(std::string_view part) {
    if (part.empty()) return;
    if (!parts.empty() && parts.back().data() + parts.back().size() == part.data()) {
        parts.back() = std::string_view(parts.back().data(), parts.back().size() + part.size());
        return;
    }
    parts.push_back(part);
}

error damaged(image_format const& type, std::string_view what) {
    return error(errc::preprocessing_failed, "the " + std::string(type.title) + " file is damaged or truncated: " +
                                                 std::string(what) + "; save it again and resend it");
}

error unsupported(image_format const& type, std::string_view what) {
    return error(errc::preprocessing_failed, "the " + std::string(type.title) +
                                                 " file is of a kind that is not supported (" + std::string(what) +
                                                 "); save it as JPEG or as 8-bit PNG");
}

error undecodable(image_header const& header) {
    if (header.unusual.empty()) return damaged(*header.type, "it cannot be decoded");
    return unsupported(*header.type, header.unusual);
}

}  // namespace sma::image
