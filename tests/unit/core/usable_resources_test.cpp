#include "sma/core/usable_resources.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "catch_result.hpp"
#include "fake_root.hpp"

using namespace sma;
namespace fs = std::filesystem;

using sma::test::fake_root;

namespace {

double limit(std::map<std::string, std::string> const& files) { return cgroup_cpu_limit(fake_root(files).path()); }

constexpr std::int64_t mebibyte = 1024 * 1024;

std::int64_t memory(std::map<std::string, std::string> files) {
    files.try_emplace("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n");
    return usable_memory_bytes(fake_root(files).path()) / mebibyte;
}

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

TEST_CASE("usable memory: the machine's, or what a cgroup of any version leaves", "[usable_resources]") {
    CHECK(memory({}) == 16'384);
    CHECK(memory({{"proc/self/cgroup", "0::/a/b\n"}, {"sys/fs/cgroup/a/memory.max", "1073741824\n"}}) == 1'024);
    CHECK(memory({{"proc/self/cgroup", "0::/a/b\n"},
                  {"sys/fs/cgroup/a/memory.max", "1073741824\n"},
                  {"sys/fs/cgroup/a/b/memory.max", "max\n"},
                  {"sys/fs/cgroup/a/b/memory.high", "536870912\n"}}) == 512);
    CHECK(memory({{"proc/self/cgroup", "5:memory:/m\n4:cpu:/x\n"},
                  {"sys/fs/cgroup/memory/m/memory.limit_in_bytes", "268435456\n"}}) == 256);
    // v1's way to say that there is no limit, and a controller that is none of memory's.
    CHECK(memory({{"proc/self/cgroup", "5:memory:/m\n"},
                  {"sys/fs/cgroup/memory/m/memory.limit_in_bytes", "9223372036854771712\n"}}) == 16'384);
    CHECK(memory({{"proc/self/cgroup", "5:cpu:/m\n"}, {"sys/fs/cgroup/cpu/m/memory.limit_in_bytes", "268435456\n"}}) ==
          16'384);
    CHECK(usable_memory_bytes(fake_root({}).path()) == 0);
}
