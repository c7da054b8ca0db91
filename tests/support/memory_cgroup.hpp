// A memory limit as containers have it: a cgroup of the test's own.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

namespace sma::test {

/// Below the cgroup that this process is in, v1 or v2; removed when destroyed, when nothing may run in it any more.
class memory_cgroup {
public:
    /// Nothing, after having said (Catch's WARN) why, where cgroups cannot be made: not root, no controller, a
    /// read-only mount.
    static std::unique_ptr<memory_cgroup> make(std::size_t limit_bytes);
    ~memory_cgroup();
    memory_cgroup(memory_cgroup const&) = delete;
    memory_cgroup& operator=(memory_cgroup const&) = delete;

    /// Processes started by `start` are in the cgroup; this one is out of it again afterwards.
    void run_inside(std::function<void()> const& start) const;
    void set_limit(std::size_t bytes) const;
    std::size_t used_bytes() const;
    /// How often the kernel has killed a process in it.
    int kills() const;

private:
    memory_cgroup(std::filesystem::path outside, std::filesystem::path folder, bool v2);

    std::filesystem::path outside_;
    std::filesystem::path folder_;
    bool v2_;
};

}  // namespace sma::test
