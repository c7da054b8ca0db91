#include "spawn.hpp"

#include "sma/core/unique_fd.hpp"
#include "sma/isolation/messages.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

namespace sma::isolation {
namespace {

constexpr std::array ends_a_service{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

/// Where descriptors go first, so that none of them is where another is to be.
constexpr int above_all = worker_memory + 1;

/// What the dynamic linker needs to find the libraries that the server has found.
constexpr std::string_view library_path = "LD_LIBRARY_PATH";

class spawn_actions {
public:
    spawn_actions(int socket, int memory) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        for (int const output : {STDOUT_FILENO, STDERR_FILENO})
            ::posix_spawn_file_actions_addopen(&actions_, output, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, socket, worker_socket);
        ::posix_spawn_file_actions_adddup2(&actions_, memory, worker_memory);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, above_all);
    }
    ~spawn_actions() { ::posix_spawn_file_actions_destroy(&actions_); }
    spawn_actions(spawn_actions const&) = delete;
    spawn_actions& operator=(spawn_actions const&) = delete;

    posix_spawn_file_actions_t const* get() const noexcept { return &actions_; }

private:
    posix_spawn_file_actions_t actions_;
};

class spawn_attributes {
public:
    spawn_attributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        ::sigemptyset(&signals);
        for (int const number : ends_a_service) ::sigaddset(&signals, number);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~spawn_attributes() { ::posix_spawnattr_destroy(&attributes_); }
    spawn_attributes(spawn_attributes const&) = delete;
    spawn_attributes& operator=(spawn_attributes const&) = delete;

    posix_spawnattr_t const* get() const noexcept { return &attributes_; }

private:
    posix_spawnattr_t attributes_;
};

std::vector<std::string> environment() {
    std::string const name(library_path);
    char const* const value = std::getenv(name.c_str());
    if (value == nullptr) return {};
    return {name + "=" + value};
}

error cannot_start(int reason) {
    return error(errc::io_error, "the worker's program cannot be started: " + std::generic_category().message(reason));
}

}  // namespace

result<pid_t> spawn_worker(std::filesystem::path const& program, int socket, int memory) {
    unique_fd const high_socket(::fcntl(socket, F_DUPFD_CLOEXEC, above_all));
    unique_fd const high_memory(::fcntl(memory, F_DUPFD_CLOEXEC, above_all));
    if (!high_socket || !high_memory) return cannot_start(errno);
    spawn_actions const actions(high_socket.get(), high_memory.get());
    spawn_attributes const attributes;
    auto path = program.string();
    auto variables = environment();
    std::vector<char*> arguments{path.data(), nullptr};
    std::vector<char*> variable_list(variables.size() + 1, nullptr);
    std::transform(variables.begin(), variables.end(), variable_list.begin(), [](auto& v) { return v.data(); });
    pid_t id = 0;
    int const failure =
        ::posix_spawn(&id, path.c_str(), actions.get(), attributes.get(), arguments.data(), variable_list.data());
    if (failure != 0) return cannot_start(failure);
    return id;
}

}  // namespace sma::isolation
