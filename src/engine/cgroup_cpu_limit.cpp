#include "sma/engine/cpu_capability.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace sma::engine {
namespace {

namespace fs = std::filesystem;

constexpr double unlimited = std::numeric_limits<double>::infinity();

double limit_of(double quota_us, double period_us) {
    return quota_us > 0 && period_us > 0 ? quota_us / period_us : unlimited;
}

/// v2: "max 100000" or "150000 100000".
double v2_limit(fs::path const& directory) {
    std::ifstream file(directory / "cpu.max");
    double quota_us = 0;
    double period_us = 0;
    return file >> quota_us >> period_us ? limit_of(quota_us, period_us) : unlimited;
}

/// v1: a quota of -1 means none.
double v1_limit(fs::path const& directory) {
    std::ifstream quota_file(directory / "cpu.cfs_quota_us");
    std::ifstream period_file(directory / "cpu.cfs_period_us");
    double quota_us = 0;
    double period_us = 0;
    return quota_file >> quota_us && period_file >> period_us ? limit_of(quota_us, period_us) : unlimited;
}

/// The least limit of a cgroup and all above it. Inside a container the path may name directories that are not there:
/// then only those above count, which are the container's own.
template <class Limit>
double least_limit(fs::path const& mount, std::string_view cgroup, Limit limit) {
    double least = unlimited;
    for (fs::path relative = fs::path(cgroup).relative_path();; relative = relative.parent_path()) {
        least = std::min(least, limit(mount / relative));
        if (relative.empty()) return least;
    }
}

bool has_cpu_controller(std::string_view controllers) {
    while (!controllers.empty()) {
        auto const comma = controllers.find(',');
        if (controllers.substr(0, comma) == "cpu") return true;
        controllers.remove_prefix(comma == std::string_view::npos ? controllers.size() : comma + 1);
    }
    return false;
}

/// One line of /proc/self/cgroup: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1).
double limit_of_line(fs::path const& mounts, std::string_view line) {
    auto const first = line.find(':');
    auto const second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return unlimited;
    auto const controllers = line.substr(first + 1, second - first - 1);
    auto const cgroup = line.substr(second + 1);
    if (controllers.empty())
        return std::min(least_limit(mounts, cgroup, v2_limit), least_limit(mounts / "unified", cgroup, v2_limit));
    if (!has_cpu_controller(controllers)) return unlimited;
    return std::min(least_limit(mounts / "cpu", cgroup, v1_limit),
                    least_limit(mounts / std::string(controllers), cgroup, v1_limit));
}

}  // namespace

double cgroup_cpu_limit(fs::path const& root) {
    std::ifstream file(root / "proc/self/cgroup");
    double least = unlimited;
    for (std::string line; std::getline(file, line);)
        least = std::min(least, limit_of_line(root / "sys/fs/cgroup", line));
    return least;
}

}  // namespace sma::engine
