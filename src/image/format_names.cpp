#include "sma/image/format_names.hpp"

#include "image_format.hpp"

namespace sma::image {

std::vector<std::string> format_names() {
    std::vector<std::string> names;
    names.reserve(image_formats.size());
    for (auto const* f : image_formats) names.emplace_back(f->name);
    return names;
}

std::string_view format_name_of(std::string_view file) noexcept {
    auto const* const found = format_of(file);
    return found == nullptr ? std::string_view() : found->name;
}

}  // namespace sma::image
