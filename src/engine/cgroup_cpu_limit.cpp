#include "cgroup_walk.hpp"
#include "sma/engine/cpu_capability.hpp"

#include <fstream>

namespace sma::engine {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

double cgroup_cpu_limit(fs::path const& root) { return least_cgroup_limit(root, "cpu", v1_limit, v2_limit); }

}  // namespace sma::engine
