#include "memory_cgroup.hpp"

#include "catch.hpp"

#include <unistd.h>

#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace sma::test {
namespace {

namespace fs = std::filesystem;

struct place {
    fs::path folder;
    bool v2 = false;
};

bool write_line(fs::path const& file, std::string const& text) {
    std::ofstream out(file);
    out << text << std::flush;
    return out.good();
}

/// Where this process is: "0::/path" (v2) or "4:memory:/path" (v1) in /proc/self/cgroup, below their usual mounts.
std::optional<place> own_place() {
    std::ifstream lines("/proc/self/cgroup");
    std::optional<place> found;
    for (std::string line; std::getline(lines, line);) {
        auto const path = line.substr(line.find(':', line.find(':') + 1) + 2);
        if (line.find(":memory:") != std::string::npos) return place{fs::path("/sys/fs/cgroup/memory") / path, false};
        if (line.starts_with("0::")) found = place{fs::path("/sys/fs/cgroup") / path, true};
    }
    return found;
}

/// The number after `word`, which "oom_kill 1" is in both versions' files.
int number_after(fs::path const& file, std::string const& word) {
    std::ifstream in(file);
    int number = 0;
    for (std::string each; in >> each;)
        if (each == word) in >> number;
    return number;
}

}  // namespace

std::unique_ptr<memory_cgroup> memory_cgroup::make(std::size_t limit_bytes) {
    auto const own = own_place();
    if (!own) {
        WARN("skipped: this process is in no memory cgroup");
        return nullptr;
    }
    auto const folder = own->folder / ("sma_test_" + std::to_string(::getpid()));
    std::error_code failed;
    fs::create_directory(folder, failed);
    if (failed) {
        WARN("skipped: no cgroup can be made: " << failed.message());
        return nullptr;
    }
    std::unique_ptr<memory_cgroup> made(new memory_cgroup(own->folder, folder, own->v2));
    auto const limit_file = folder / (own->v2 ? "memory.max" : "memory.limit_in_bytes");
    if (!fs::exists(limit_file, failed)) {
        WARN("skipped: the memory controller is not enabled for cgroups below this one");
        return nullptr;
    }
    made->set_limit(limit_bytes);
    return made;
}

memory_cgroup::memory_cgroup(fs::path outside, fs::path folder, bool v2)
    : outside_(std::move(outside)), folder_(std::move(folder)), v2_(v2) {}

memory_cgroup::~memory_cgroup() {
    std::error_code ignored;
    fs::remove(folder_, ignored);
}

void memory_cgroup::run_inside(std::function<void()> const& start) const {
    auto const id = std::to_string(::getpid());
    if (!write_line(folder_ / "cgroup.procs", id)) throw std::runtime_error("the cgroup cannot be entered");
    struct leave {
        fs::path const& outside;
        std::string const& id;
        ~leave() { write_line(outside / "cgroup.procs", id); }
    } const after{outside_, id};
    start();
}

void memory_cgroup::set_limit(std::size_t bytes) const {
    if (!write_line(folder_ / (v2_ ? "memory.max" : "memory.limit_in_bytes"), std::to_string(bytes)))
        throw std::runtime_error("the cgroup's limit cannot be set");
}

std::size_t memory_cgroup::used_bytes() const {
    std::size_t bytes = 0;
    std::ifstream(folder_ / (v2_ ? "memory.current" : "memory.usage_in_bytes")) >> bytes;
    return bytes;
}

int memory_cgroup::kills() const {
    return number_after(folder_ / (v2_ ? "memory.events" : "memory.oom_control"), "oom_kill");
}

}  // namespace sma::test
