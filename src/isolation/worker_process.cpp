#include "worker_process.hpp"

#include "sma/core/errno_error.hpp"
#include "spawn.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

namespace sma::isolation {
namespace {

using std::chrono::milliseconds;

/// Loading libvips takes tens of milliseconds on an idle machine.
constexpr std::chrono::seconds start_limit{10};

bool send(int socket, std::string_view message) noexcept {
    return ::send(socket, message.data(), message.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

int ms_until(steady_time limit) noexcept {
    auto const left = std::chrono::ceil<milliseconds>(limit - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

/// False at `limit`.
bool wait_readable(int socket, steady_time limit) noexcept {
    for (;;) {
        pollfd watched{socket, POLLIN, 0};
        if (::poll(&watched, 1, ms_until(limit)) > 0) return true;
        if (std::chrono::steady_clock::now() >= limit) return false;
    }
}

std::string describe(int status) {
    if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
    char const* const name = ::sigabbrev_np(WTERMSIG(status));
    return name == nullptr ? "signal " + std::to_string(WTERMSIG(status)) : std::string("SIG") + name;
}

}  // namespace

result<std::unique_ptr<worker_process>> worker_process::start(std::filesystem::path const& program,
                                                              worker_setup const& setup) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno_error("no socket for a worker");
    unique_fd own(ends[0]);
    unique_fd others(ends[1]);
    unique_fd descriptor;
    auto memory = shared_memory::create(setup.layout, descriptor);
    if (!memory) return memory.error();
    auto const id = spawn_worker(program, others.get(), descriptor.get());
    if (!id) return id.error();
    others = unique_fd();  // or the worker's end would not show
    std::unique_ptr<worker_process> worker(new worker_process(*id, std::move(own), std::move(*memory)));
    if (auto prepared = worker->prepare(setup); !prepared) return prepared.error();
    return worker;
}

worker_process::worker_process(pid_t id, unique_fd socket, shared_memory memory) noexcept
    : id_(id), socket_(std::move(socket)), memory_(std::move(memory)) {}

worker_process::~worker_process() { reap(); }

result<void> worker_process::prepare(worker_setup const& setup) {
    send(socket_.get(), write_setup(setup));
    auto const message = receive(std::chrono::steady_clock::now() + start_limit);
    auto const* const words = std::get_if<std::string_view>(&message);
    if (words != nullptr && *words == ready_message) return {};
    bool const silent = words == nullptr || words->empty();
    auto const why = silent ? std::string("it says nothing") : clean_text(*words);
    return error(errc::internal_error, "the worker does not start (" + end() + "): " + why);
}

worker_process::reply worker_process::ask(order o, std::int64_t pixels_max, steady_time limit) {
    o.number = ++orders_;
    if (!send(socket_.get(), write_order(o))) return silence::ended;
    auto const message = receive(limit);
    if (auto const* const none = std::get_if<silence>(&message)) return *none;
    auto found = read_answer(std::get<std::string_view>(message), pixels_max);
    if (!found || found->number != o.number) return silence::nonsense;
    return std::move(*found);
}

std::variant<std::string_view, worker_process::silence> worker_process::receive(steady_time limit) {
    message_.resize(message_bytes_max);
    if (!wait_readable(socket_.get(), limit)) return silence::late;
    auto const size = ::recv(socket_.get(), message_.data(), message_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size <= 0) return silence::ended;
    if (static_cast<std::size_t>(size) > message_.size()) return silence::nonsense;
    return std::string_view(message_).substr(0, static_cast<std::size_t>(size));
}

bool worker_process::has_ended() const noexcept {
    char byte = 0;
    auto const size = ::recv(socket_.get(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN);
}

std::string worker_process::end() { return describe(reap()); }

int worker_process::reap() noexcept {
    if (id_ != 0) {
        ::kill(id_, SIGKILL);
        while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
        }
        id_ = 0;
    }
    return status_;
}

}  // namespace sma::isolation
