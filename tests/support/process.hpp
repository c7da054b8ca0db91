// Child processes of tests: started from a clean environment, ended by their id, never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sma::test {

struct process_options {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;  ///< added to this process's own, which loses its SMA_ variables
    std::filesystem::path output;                    ///< where standard output goes
    std::filesystem::path errors;                    ///< where standard error goes
    std::optional<int> socket{};                     ///< passed as a service manager passes it (sd_listen_fds(3))
};

/// A started child. Killed (SIGKILL) and waited for when this is destroyed. Belongs to one thread.
class process {
public:
    explicit process(process_options const& options);
    ~process();
    process(process const&) = delete;
    process& operator=(process const&) = delete;

    pid_t id() const { return id_; }
    void signal(int number) const;
    /// The exit status (128 + signal if a signal ended it), or nothing if it still runs after `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit);

private:
    pid_t id_;
    std::optional<int> status_;
};

/// What a command printed and how it ended; throws std::runtime_error if it takes longer than a minute.
struct command_result {
    int status = 0;
    std::string output;
    std::string errors;
};
command_result run_command(std::filesystem::path const& program, std::vector<std::string> const& arguments,
                           std::map<std::string, std::string> const& environment = {});

/// From /proc.
struct process_stats {
    std::size_t resident_bytes = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
};
process_stats stats_of(pid_t id);
/// The processes that it has started and that are there, ended ones that nobody has waited for included.
std::vector<pid_t> children_of(pid_t id);

}  // namespace sma::test
