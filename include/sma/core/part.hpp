// Parts of the program: shared objects with what links to heavy libraries, loaded when it is needed.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma {

/// What every part offers first. A part's own table derives from it and has pointers to functions.
struct part {
    std::string_view build;  ///< that the part was compiled in; another build's tables may look different
    /// Name and version of the libraries that the part is for.
    std::vector<std::pair<std::string, std::string>> (*libraries)();
};

/// The name under which a part exports a function without arguments that returns a part const*.
constexpr char const* part_entry = "simple_model_api_part";

/// The folder of the parts: beside the program in a build tree, or where a package installs them.
std::filesystem::path parts_folder();

/// Loads the part `name` from `folder`, for ever. What `build` says must be what the part says. Any thread; a part
/// that is there already is found again. Errors: unsupported, in a line that says what is missing.
result<part const*> load_part(std::filesystem::path const& folder, std::string_view name, std::string_view build);

}  // namespace sma
