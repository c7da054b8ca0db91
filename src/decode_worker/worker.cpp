#include "sma/decode_worker/worker.hpp"

#include "sma/core/allocator.hpp"
#include "sma/isolation/messages.hpp"
#include "sma/isolation/shared_memory.hpp"
#include "sma/version.hpp"
#include "wall.hpp"
#include "warm_up.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sma::decode_worker {
namespace {

using namespace isolation;

constexpr std::size_t setup_bytes_max = 64 * 1024;
constexpr int idle_ms = 1'000;

void send(std::string_view message) noexcept {
    (void)::send(worker_socket, message.data(), message.size(), MSG_NOSIGNAL);
}

using work_maker = std::unique_ptr<image::image_work> (*)(image::decode_options const& options);

/// Behind the wall.
class worker {
public:
    worker(std::unique_ptr<image::image_work> work, shared_memory memory)
        : work_(std::move(work)), memory_(std::move(memory)) {}

    answer carry_out(order const& o) {
        std::string_view const file(reinterpret_cast<char const*>(memory_.file().data()), o.file_bytes);
        request_context context;
        context.deadline = o.deadline;
        context.left = &memory_.client_left();
        try {
            return {o.number, o.what == order::kind::probe ? work_->probe(file, context) : decode(file, context, o)};
        } catch (std::bad_alloc const&) {
            return {o.number, error(errc::out_of_memory, "not enough memory")};
        }
    }
    /// Gives back what the last images have left.
    void rest() noexcept {
        tensors_->free_spares();
        return_freed_memory();
    }

private:
    result<image::dimensions> decode(std::string_view file, request_context const& context, order const& o) {
        auto tensor = tensors_->take(o.format);
        if (auto done = work_->decode(file, context, o.preprocess, tensor); !done) return done.error();
        std::memcpy(memory_.tensor().data(), tensor.data(), o.format.bytes());
        return image::dimensions{1, 1};
    }

    std::unique_ptr<image::image_work> work_;
    shared_memory memory_;
    std::shared_ptr<tensor_pool> const tensors_ = std::make_shared<tensor_pool>(1);
};

/// The next order. Nothing: the server is gone. When none comes for a while the worker rests.
std::optional<order> next_order(worker& w) {
    pollfd watched{worker_socket, POLLIN, 0};
    if (::poll(&watched, 1, idle_ms) == 0) w.rest();
    std::array<char, message_bytes_max> bytes;
    auto const size = ::recv(worker_socket, bytes.data(), bytes.size(), 0);
    if (size <= 0) return std::nullopt;
    return read_order({bytes.data(), static_cast<std::size_t>(size)});
}

result<worker_setup> receive_setup() {
    std::string message(setup_bytes_max, '\0');
    auto const size = ::recv(worker_socket, message.data(), message.size(), 0);
    message.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return read_setup(message, version::build);
}

result<worker> prepare(work_maker make_work) {
    auto const setup = receive_setup();
    if (!setup) return setup.error();
    auto memory = shared_memory::map(setup->layout, worker_memory);
    if (!memory) return memory.error();
    auto work = make_work(setup->decoding);
    warm_up(*work);
    if (auto raised = raise_wall(setup->decoding.pixels_max); !raised) return raised.error();
    return worker(std::move(work), std::move(*memory));
}

/// Whatever the reason, it is an error that the server can log.
result<worker> try_to_prepare(work_maker make_work) {
    try {
        return prepare(make_work);
    } catch (std::exception const& e) {
        return error(errc::internal_error, e.what());
    }
}

}  // namespace

int run(work_maker make_work) {
    end_with_server();
    // Of more arenas glibc asks /proc whether they may shrink, which the wall forbids.
    bound_freed_memory();
    auto ready = try_to_prepare(make_work);
    send(ready ? ready_message : std::string_view(ready.error().message));
    if (!ready) return EXIT_FAILURE;
    while (auto const o = next_order(*ready)) send(write_answer(ready->carry_out(*o)));
    std::_Exit(EXIT_SUCCESS);
}

}  // namespace sma::decode_worker
