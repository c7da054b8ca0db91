// A worker's program whose decoder has every fault that a file may ask of it: a GIF whose header is followed by
// "fault:" and the fault's name. All else is decoded.
#include "sma/decode_worker/worker.hpp"
#include "sma/image/decoder_work.hpp"
#include "sma/isolation/messages.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace sma;

constexpr std::string_view prefix = "GIF89afault:";

volatile std::uintptr_t nowhere = 0;
std::string inherited;  // what the process had when it began

void write_to(std::uintptr_t address) { *reinterpret_cast<char volatile*>(address) = 1; }

void allocate() {
    std::vector<std::vector<char>> all;
    for (;;) all.emplace_back(1024 * 1024, 'x');
}

void overrun() {
    char volatile* const buffer = new char[16];
    for (std::size_t i = 0;; ++i) buffer[i] = 1;
}

void connect_out() {
    int const s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

void execute() {
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    ::execve(name, arguments, nullptr);
}

void answer(std::string const& message) {
    (void)::send(isolation::worker_socket, message.data(), message.size(), MSG_NOSIGNAL);
}

std::map<std::string_view, void (*)()> const faults{
    {"segfault", [] { write_to(nowhere); }},
    {"abort", [] { std::abort(); }},
    {"exit", [] { std::_Exit(0); }},
    {"throw", [] { throw std::runtime_error("what no decoder throws"); }},
    {"loop",
     [] {
         for (;;) nowhere = 0;
     }},
    {"allocate", allocate},
    {"overrun", overrun},
    {"open", [] { (void)::open("/etc/passwd", O_RDONLY | O_CLOEXEC); }},
    {"write", [] { (void)::open("/tmp/decode-worker-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }},
    {"connect", connect_out},
    {"fork",
     [] {
         if (::fork() == 0) ::pause();
     }},
    {"exec", execute},
    {"kill", [] { ::kill(::getppid(), SIGKILL); }},
    {"code", [] { (void)::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"shrink", [] { (void)::ftruncate(isolation::worker_memory, 0); }},
    {"garbage", [] { answer("nonsense"); }},
    {"flood", [] { answer(std::string(100'000, 'x')); }},
    {"stale",
     [] {
         answer(isolation::write_answer({0, image::dimensions{1, 1}}));
     }},
};

class faulty_work final : public image::image_work {
public:
    explicit faulty_work(std::unique_ptr<image::image_work> real) : real_(std::move(real)) {}

    result<image::dimensions> probe(std::string_view bytes, request_context const& context) override {
        if (bytes == std::string(prefix) + "probe") write_to(nowhere);
        return bytes.starts_with(prefix) ? image::dimensions{1, 1} : real_->probe(bytes, context);
    }
    result<void> decode(std::string_view bytes, request_context const& context, image::preprocess_options const& how,
                        tensor_buffer& out) override {
        if (!bytes.starts_with(prefix)) return real_->decode(bytes, context, how, out);
        auto const name = bytes.substr(prefix.size());
        if (name == "infinite") {
            std::memset(out.data(), 0xff, out.format().bytes());
            return {};
        }
        if (name == "inherited") return error(errc::preprocessing_failed, inherited);
        if (name == "wait") return wait(context);
        faults.at(name)();
        return error(errc::preprocessing_failed, "the fault " + std::string(name) + " did no harm");
    }
    result<void> pack(std::string_view planes, tensor_buffer& out) override { return real_->pack(planes, out); }

private:
    /// As a decoder does it that looks at the time.
    static result<void> wait(request_context const& context) {
        while (!context.is_cancelled() && !context.is_expired(std::chrono::steady_clock::now())) ::sched_yield();
        if (context.is_cancelled()) return error(errc::client_closed_request, "the client left");
        return error(errc::deadline_exceeded, "too late");
    }

    std::unique_ptr<image::image_work> real_;
};

std::unique_ptr<image::image_work> make_faulty_work(image::decode_options const& options) {
    return std::make_unique<faulty_work>(image::make_decoder_work(options));
}

/// The descriptors and the names of the environment's variables.
std::string what_is_here(char* const* environment) {
    std::string all;
    for (int fd = 0; fd < 1024; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0) all += std::to_string(fd) + " ";
    for (; *environment != nullptr; ++environment)
        all += std::string(*environment, std::strcspn(*environment, "=")) + " ";
    return all;
}

}  // namespace

int main(int, char**, char** environment) {
    inherited = what_is_here(environment);
    return decode_worker::run(make_faulty_work);
}
