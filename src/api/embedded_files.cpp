#include "embedded_files.hpp"

#include <algorithm>

namespace sma::api {

embedded_file const* find_embedded_file(std::string_view name) noexcept {
    auto const files = embedded_files();
    auto const it = std::find_if(files.begin(), files.end(), [&](embedded_file const& f) { return f.name == name; });
    return it == files.end() ? nullptr : &*it;
}

}  // namespace sma::api
