#include "sma/core/usable_resources.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "catch_result.hpp"
#include "files.hpp"

using namespace sma;
namespace fs = std::filesystem;

namespace {

/// A root directory with these files in it, gone at the end.
class fake_root {
public:
    explicit fake_root(std::map<std::string, std::string> const& files) {
        for (auto const& [name, text] : files) {
            fs::create_directories((folder_ / name).parent_path());
            sma::test::write_file(folder_ / name, text);
        }
    }
    fs::path const& path() const { return folder_.path(); }

private:
    sma::test::temporary_folder folder_;
};

double limit(std::map<std::string, std::string> const& files) { return cgroup_cpu_limit(fake_root(files).path()); }

}  // namespace

TEST_CASE("cgroup v2: the least quota of the group and all above it", "[usable_resources]") {
    CHECK(limit({{"proc/self/cgroup", "0::/a/b\n"}, {"sys/fs/cgroup/a/b/cpu.max", "150000 100000\n"}}) == 1.5);
    CHECK(limit({{"proc/self/cgroup", "0::/a/b\n"},
                 {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
                 {"sys/fs/cgroup/a/cpu.max", "50000 100000\n"}}) == 0.5);
    CHECK(limit({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "400000 100000\n"}}) == 4);
    // systemd's hybrid layout.
    CHECK(limit({{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/unified/a/cpu.max", "300000 100000\n"}}) == 3);
}

TEST_CASE("cgroup v1: quota and period of the cpu controller", "[usable_resources]") {
    std::string const lines = "5:memory:/m\n4:cpu,cpuacct:/docker/x\n0::/\n";
    CHECK(limit({{"proc/self/cgroup", lines},
                 {"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "250000\n"},
                 {"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n"}}) == 2.5);
    // Inside a container the group's own directory is the mount.
    CHECK(limit({{"proc/self/cgroup", lines},
                 {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n"},
                 {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}}) == 1);
    CHECK(std::isinf(limit({{"proc/self/cgroup", lines},
                            {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
                            {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "4:cpuset:/x\n"},
                            {"sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "100000\n"},
                            {"sys/fs/cgroup/cpuset/cpu.cfs_period_us", "100000\n"}})));
}

TEST_CASE("cgroups: nothing, or nonsense, means no limit", "[usable_resources]") {
    CHECK(std::isinf(limit({})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "garbage\n::\n0:\n"}})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "0 0\n"}})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", ""}})));
}

TEST_CASE("usable CPUs: a fraction is rounded, never to none, never above the affinity mask", "[usable_resources]") {
    auto const usable = [](std::string const& max) {
        return usable_cpus(
            fake_root({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", max + " 100000\n"}}).path());
    };
    int const all = usable_cpus(fake_root({}).path());
    CHECK(all >= 1);
    CHECK(usable("10000") == 1);
    CHECK(usable("140000") == 1);
    CHECK(usable("160000") == std::min(all, 2));
    CHECK(usable("99900000") == all);
    CHECK(usable("max") == all);
}
