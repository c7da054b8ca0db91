#include "sma/core/usable_resources.hpp"

#include "cgroup_limit.hpp"

#include <sched.h>

#include <cmath>
#include <fstream>
#include <string>
#include <thread>

namespace sma {
namespace {

namespace fs = std::filesystem;

double cpus_of(double quota_us, double period_us) {
    return quota_us > 0 && period_us > 0 ? quota_us / period_us : unlimited;
}

/// v2: "max 100000" or "150000 100000".
double v2_cpu_limit(fs::path const& directory) {
    std::ifstream file(directory / "cpu.max");
    double quota_us = 0;
    double period_us = 0;
    return file >> quota_us >> period_us ? cpus_of(quota_us, period_us) : unlimited;
}

/// v1: a quota of -1 means none.
double v1_cpu_limit(fs::path const& directory) {
    std::ifstream quota_file(directory / "cpu.cfs_quota_us");
    std::ifstream period_file(directory / "cpu.cfs_period_us");
    double quota_us = 0;
    double period_us = 0;
    return quota_file >> quota_us && period_file >> period_us ? cpus_of(quota_us, period_us) : unlimited;
}

/// "max" (v2) is no number; v1 writes a number beyond any machine's memory for none.
double number_in(fs::path const& file) {
    std::ifstream text(file);
    double value = 0;
    return text >> value && value > 0 ? value : unlimited;
}

double v2_memory_limit(fs::path const& directory) {
    return std::min(number_in(directory / "memory.max"), number_in(directory / "memory.high"));
}

double v1_memory_limit(fs::path const& directory) { return number_in(directory / "memory.limit_in_bytes"); }

/// "MemTotal:       24051712 kB".
double machine_memory(fs::path const& root) {
    std::ifstream file(root / "proc/meminfo");
    std::string name;
    double kibibytes = 0;
    return file >> name >> kibibytes && name == "MemTotal:" ? kibibytes * 1024 : unlimited;
}

int cpus_of_affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

double cgroup_cpu_limit(fs::path const& root) { return least_cgroup_limit(root, "cpu", v1_cpu_limit, v2_cpu_limit); }

int usable_cpus(fs::path const& root) {
    int const cpus = cpus_of_affinity();
    double const limit = cgroup_cpu_limit(root);
    if (limit >= cpus) return cpus;
    return std::max(1, static_cast<int>(std::lround(limit)));
}

std::int64_t usable_memory_bytes(fs::path const& root) {
    auto const least =
        std::min(machine_memory(root), least_cgroup_limit(root, "memory", v1_memory_limit, v2_memory_limit));
    return least < unlimited ? static_cast<std::int64_t>(least) : 0;
}

}  // namespace sma
