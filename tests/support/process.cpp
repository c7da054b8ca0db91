#include "process.hpp"

#include "eventually.hpp"
#include "files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sma::test {
namespace {

std::vector<std::string> child_environment(std::map<std::string, std::string> const& added) {
    std::vector<std::string> lines;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        std::string_view const line(*variable);
        bool const replaced = added.contains(std::string(line.substr(0, line.find('='))));
        if (!replaced && !line.starts_with("SMA_")) lines.emplace_back(line);
    }
    for (auto const& [name, value] : added) lines.push_back(name + "=" + value);
    return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

constexpr std::string_view listen_pid = "LISTEN_PID=";

/// In the child: no allocation. `pid_line` is long enough for any number.
void take_socket(int socket, char* pid_line) {
    constexpr int first_passed_descriptor = 3;
    if (socket == first_passed_descriptor)
        ::fcntl(socket, F_SETFD, 0);
    else
        ::dup2(socket, first_passed_descriptor);
    std::snprintf(pid_line + listen_pid.size(), 12, "%d", static_cast<int>(::getpid()));
}

int open_for_writing(std::filesystem::path const& file) {
    int const descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) throw std::runtime_error("cannot write " + file.string());
    return descriptor;
}

}  // namespace

process::process(process_options const& options) {
    // Everything that allocates is done before the fork.
    auto texts = options.arguments;
    texts.insert(texts.begin(), options.program.string());
    auto variables = child_environment(options.environment);
    if (options.socket) {
        variables.emplace_back("LISTEN_FDS=1");
        variables.emplace_back(listen_pid).append(12, '\0');
    }
    auto const argv = pointers_to(texts);
    auto const envp = pointers_to(variables);
    int const output = open_for_writing(options.output);
    int const errors = open_for_writing(options.errors);
    id_ = ::fork();
    if (id_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(output, STDOUT_FILENO);
        ::dup2(errors, STDERR_FILENO);
        if (options.socket) take_socket(*options.socket, variables.back().data());
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(output);
    ::close(errors);
    if (id_ < 0) throw std::runtime_error("cannot fork");
}

process::~process() {
    if (status_) return;
    signal(SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

void process::signal(int number) const {
    if (!status_) ::kill(id_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds limit) {
    eventually(
        [this] {
            int raw = 0;
            if (!status_ && ::waitpid(id_, &raw, WNOHANG) == id_)
                status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
            return status_.has_value();
        },
        limit);
    return status_;
}

command_result run_command(std::filesystem::path const& program, std::vector<std::string> const& arguments,
                           std::map<std::string, std::string> const& environment) {
    temporary_folder const folder;
    process child({program, arguments, environment, folder / "out", folder / "err"});
    auto const status = child.wait(std::chrono::minutes(1));
    if (!status) throw std::runtime_error("a command did not end within a minute");
    return {*status, read_file(folder / "out"), read_file(folder / "err")};
}

process_stats stats_of(pid_t id) {
    process_stats stats;
    auto const folder = std::filesystem::path("/proc") / std::to_string(id);
    std::ifstream status(folder / "status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) stats.resident_bytes = std::stoul(line.substr(6)) * 1024;
        if (line.starts_with("Threads:")) stats.threads = std::stoul(line.substr(8));
    }
    using entries = std::filesystem::directory_iterator;
    stats.descriptors = static_cast<std::size_t>(std::distance(entries(folder / "fd"), entries{}));
    return stats;
}

std::vector<pid_t> children_of(pid_t id) {
    std::vector<pid_t> all;
    auto const threads = std::filesystem::path("/proc") / std::to_string(id) / "task";
    for (auto const& thread : std::filesystem::directory_iterator(threads)) {
        std::ifstream list(thread.path() / "children");
        for (pid_t child = 0; list >> child;) all.push_back(child);
    }
    return all;
}

}  // namespace sma::test
