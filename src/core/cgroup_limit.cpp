#include "cgroup_limit.hpp"

#include <fstream>
#include <string>

namespace sma {
namespace {

namespace fs = std::filesystem;

/// The least limit of a cgroup and all above it. Inside a container the path may name directories that are not there:
/// then only those above count, which are the container's own.
double least_limit(fs::path const& mount, std::string_view cgroup, limit_reader limit) {
    double least = unlimited;
    for (fs::path relative = fs::path(cgroup).relative_path();; relative = relative.parent_path()) {
        least = std::min(least, limit(mount / relative));
        if (relative.empty()) return least;
    }
}

bool has_controller(std::string_view controllers, std::string_view wanted) {
    while (!controllers.empty()) {
        auto const comma = controllers.find(',');
        if (controllers.substr(0, comma) == wanted) return true;
        controllers.remove_prefix(comma == std::string_view::npos ? controllers.size() : comma + 1);
    }
    return false;
}

}  // namespace

double least_cgroup_limit(fs::path const& root, std::string_view controller, limit_reader v1, limit_reader v2) {
    auto const mounts = root / "sys/fs/cgroup";
    // One line of /proc/self/cgroup: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1).
    auto const limit_of_line = [&](std::string_view line) {
        auto const first = line.find(':');
        auto const second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos) return unlimited;
        auto const controllers = line.substr(first + 1, second - first - 1);
        auto const cgroup = line.substr(second + 1);
        if (controllers.empty())
            return std::min(least_limit(mounts, cgroup, v2), least_limit(mounts / "unified", cgroup, v2));
        if (!has_controller(controllers, controller)) return unlimited;
        return std::min(least_limit(mounts / std::string(controller), cgroup, v1),
                        least_limit(mounts / std::string(controllers), cgroup, v1));
    };
    std::ifstream file(root / "proc/self/cgroup");
    double least = unlimited;
    for (std::string line; std::getline(file, line);) least = std::min(least, limit_of_line(line));
    return least;
}

}  // namespace sma
