// A worker process and the way to talk to it.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/unique_fd.hpp"
#include "sma/isolation/messages.hpp"
#include "sma/isolation/shared_memory.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

namespace sma::isolation {

/// A child process, which is killed and waited for when this is destroyed. Made, used and destroyed by one thread: it
/// ends with that thread, too.
class worker_process {
public:
    /// Why there is no answer.
    enum class silence {
        ended,     ///< it is gone
        late,      ///< the time is over
        nonsense,  ///< what it sent is no answer to this order
    };
    using reply = std::variant<answer, silence>;

    /// Starts `program` and waits until it is ready. Errors: io_error, internal_error (with its own words).
    static result<std::unique_ptr<worker_process>> start(std::filesystem::path const& program,
                                                         worker_setup const& setup);
    ~worker_process();
    worker_process(worker_process const&) = delete;
    worker_process& operator=(worker_process const&) = delete;

    shared_memory& memory() noexcept { return memory_; }
    /// Its file is in the shared memory. Waits for the answer until `limit`.
    reply ask(order o, std::int64_t pixels_max, steady_time limit);
    /// Whether it is gone before it was asked.
    bool has_ended() const noexcept;
    /// Kills it, unless it is gone. How it ended: "SIGSEGV", "exit status 1".
    std::string end();

private:
    worker_process(pid_t id, unique_fd socket, shared_memory memory) noexcept;

    result<void> prepare(worker_setup const& setup);
    /// The worker's next message, in message_.
    std::variant<std::string_view, silence> receive(steady_time limit);

    int reap() noexcept;

    pid_t id_;  ///< 0: it has been waited for
    int status_ = 0;
    unique_fd socket_;
    shared_memory memory_;
    std::uint64_t orders_ = 0;
    std::string message_;
};

}  // namespace sma::isolation
