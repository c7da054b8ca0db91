// The least limit of this process's cgroups and of all above them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string_view>

namespace sma {

inline constexpr double unlimited = std::numeric_limits<double>::infinity();

/// A limit's value in the files of one cgroup's directory, `unlimited` where there is none.
using limit_reader = double (*)(std::filesystem::path const& directory);

/// The least limit of this process's cgroups and all their ancestors: `v2` reads the limits of the unified hierarchy,
/// `v1` those of the named controller. `root` holds proc/self/cgroup and sys/fs/cgroup.
double least_cgroup_limit(std::filesystem::path const& root, std::string_view controller, limit_reader v1,
                          limit_reader v2);

}  // namespace sma
