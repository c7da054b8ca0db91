#include "sma/engine/cpu_capability.hpp"
#include "sma/engine/precision.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "catch_result.hpp"
#include "files.hpp"

using namespace sma::engine;
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

cpu_capability cpu(bool bf16, bool int8) { return {"some_isa", bf16, int8, false}; }

}  // namespace

TEST_CASE("cgroup v2: the least quota of the group and all above it", "[cpu_capability]") {
    CHECK(limit({{"proc/self/cgroup", "0::/a/b\n"}, {"sys/fs/cgroup/a/b/cpu.max", "150000 100000\n"}}) == 1.5);
    CHECK(limit({{"proc/self/cgroup", "0::/a/b\n"},
                 {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
                 {"sys/fs/cgroup/a/cpu.max", "50000 100000\n"}}) == 0.5);
    CHECK(limit({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "400000 100000\n"}}) == 4);
    // systemd's hybrid layout.
    CHECK(limit({{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/unified/a/cpu.max", "300000 100000\n"}}) == 3);
}

TEST_CASE("cgroup v1: quota and period of the cpu controller", "[cpu_capability]") {
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

TEST_CASE("cgroups: nothing, or nonsense, means no limit", "[cpu_capability]") {
    CHECK(std::isinf(limit({})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "garbage\n::\n0:\n"}})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "0 0\n"}})));
    CHECK(std::isinf(limit({{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", ""}})));
}

TEST_CASE("usable CPUs: a fraction is rounded, never to none, never above the affinity mask", "[cpu_capability]") {
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

TEST_CASE("this CPU: what it has natively fits its instruction set", "[cpu_capability]") {
    auto const& c = this_cpu();
    CHECK_FALSE(c.instruction_set.empty());
    if (c.has_native_bf16) CHECK(c.has_native_int8);  // no CPU has AVX512-BF16 without VNNI
    if (c.instruction_set == "avx512_core_amx") {
        CHECK(c.has_native_bf16);
        CHECK_FALSE(c.amx_refused);
    }
}

TEST_CASE("precision: auto takes the best native one, int8 only for quantized weights", "[precision]") {
    auto const automatic = [](bool quantized, cpu_capability const& c) {
        return select_precision(precision::automatic, false, quantized, c).value();
    };
    CHECK(automatic(false, cpu(true, true)) == precision::bf16);
    CHECK(automatic(false, cpu(false, true)) == precision::fp32);
    CHECK(automatic(false, cpu(false, false)) == precision::fp32);
    CHECK(automatic(true, cpu(true, true)) == precision::int8);
    CHECK(automatic(true, cpu(false, true)) == precision::int8);
    CHECK(automatic(true, cpu(false, false)) == precision::fp32);
}

TEST_CASE("precision: what the CPU would only emulate is refused unless forced", "[precision]") {
    auto const refused = select_precision(precision::bf16, false, false, cpu(false, true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == sma::errc::unsupported);
    CHECK(refused.error().message.find("some_isa") != std::string::npos);
    CHECK(refused.error().message.find("--precision-force") != std::string::npos);
    CHECK(refused.error().message.find('\n') == std::string::npos);
    CHECK(select_precision(precision::bf16, true, false, cpu(false, true)).value() == precision::bf16);
    CHECK_FALSE(select_precision(precision::int8, false, true, cpu(false, false)));
    CHECK(select_precision(precision::int8, true, true, cpu(false, false)).value() == precision::int8);
    CHECK(select_precision(precision::fp32, false, true, cpu(false, false)).value() == precision::fp32);
}

TEST_CASE("precision: fp16 is refused on a CPU even if forced", "[precision]") {
    auto const refused = select_precision(precision::fp16, true, false, cpu(true, true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("device cuda") != std::string::npos);
}

TEST_CASE("precision: int8 of float weights is refused even if forced, and says what to do", "[precision]") {
    auto const refused = select_precision(precision::int8, true, false, cpu(true, true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("model quantize") != std::string::npos);
}
