#include "process_setup.hpp"

#include "sma/core/logging.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace sma::app {
namespace {

// Weights, libraries, listeners, the event loop.
constexpr rlim_t descriptors_besides = 256;

// Never run: its existence keeps the handlers.
struct signal_keeper {
    boost::asio::io_context io{1};
    boost::asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
};

}  // namespace

void open_standard_descriptors() noexcept {
    for (int const descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(descriptor, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
}

void ignore_stray_signals() noexcept {
    for (int const number : {SIGPIPE, SIGXFSZ, SIGUSR2, SIGHUP, SIGUSR1}) ::signal(number, SIG_IGN);
}

void keep_signal_handlers() {
    static auto* const keeper = new signal_keeper;  // destroying it would end what it is for
    keeper->signals.add(SIGUSR1);
}

void allow_descriptors_for(std::int64_t connections, int listeners) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    auto const wanted = static_cast<rlim_t>(connections * listeners) + descriptors_besides;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    bool const raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    if (raised && limit.rlim_cur == wanted) return;
    log::warn("the limit of open files is below max_connections: further connections will wait",
              {{"descriptors", limit.rlim_cur}, {"max_connections", connections}});
}

}  // namespace sma::app
