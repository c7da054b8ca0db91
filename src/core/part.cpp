#include "sma/core/part.hpp"

#include <dlfcn.h>

#include <system_error>

namespace sma {
namespace {

namespace fs = std::filesystem;

/// What libdl says, without the path of the part.
std::string reason(fs::path const& file) {
    char const* const text = ::dlerror();
    std::string all = text == nullptr ? "unknown reason" : text;
    auto const path = file.string() + ": ";
    return all.starts_with(path) ? all.substr(path.size()) : all;
}

}  // namespace

fs::path parts_folder() {
    std::error_code ignored;
    auto const program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    auto built = program / "parts";
    if (fs::is_directory(built, ignored)) return built;
    return program.parent_path() / "lib" / "simple-model-api";
}

result<part const*> load_part(fs::path const& folder, std::string_view name, std::string_view build) {
    auto const file = folder / (std::string(name) + ".so");
    auto const failed = [name](std::string const& why) {
        return error(errc::unsupported,
                     "the part \"" + std::string(name) + "\" of this program cannot be loaded: " + why);
    };
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return failed("it is not installed");
    void* const handle = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) return failed(reason(file));
    auto* const entry = reinterpret_cast<part const* (*)()>(::dlsym(handle, part_entry));
    if (entry == nullptr) return failed("it is no part of this program");
    part const* const found = entry();
    if (found->build != build)
        return failed("it belongs to the build " + std::string(found->build) + ", and this program to " +
                      std::string(build) + ": start the program again");
    return found;
}

}  // namespace sma
