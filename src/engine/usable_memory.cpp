#include "sma/engine/usable_memory.hpp"

#include "cgroup_walk.hpp"

#include <fstream>
#include <string>

namespace sma::engine {
namespace {

namespace fs = std::filesystem;

/// "max" (v2) is no number; v1 writes a number beyond any machine's memory for none.
double number_in(fs::path const& file) {
    std::ifstream text(file);
    double value = 0;
    return text >> value && value > 0 ? value : unlimited;
}

double v2_limit(fs::path const& directory) {
    return std::min(number_in(directory / "memory.max"), number_in(directory / "memory.high"));
}

double v1_limit(fs::path const& directory) { return number_in(directory / "memory.limit_in_bytes"); }

/// "MemTotal:       24051712 kB".
double machine_memory(fs::path const& root) {
    std::ifstream file(root / "proc/meminfo");
    std::string name;
    double kibibytes = 0;
    return file >> name >> kibibytes && name == "MemTotal:" ? kibibytes * 1024 : unlimited;
}

}  // namespace

std::int64_t usable_memory_bytes(fs::path const& root) {
    auto const least = std::min(machine_memory(root), least_cgroup_limit(root, "memory", v1_limit, v2_limit));
    return least < unlimited ? static_cast<std::int64_t>(least) : 0;
}

}  // namespace sma::engine
