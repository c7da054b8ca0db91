#include "sma/image/format_names.hpp"

#include "image_format.hpp"
#include "vips_loaders.hpp"

#include <string>
#include <vector>

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

std::vector<std::string> readable_formats(std::vector<std::string> names) {
    if (!library_is_ready()) return names;
    for (auto const* f : image_formats)
        if (!has_loader(*f)) std::erase(names, f->name);
    return names;
}

}  // namespace sma::image
