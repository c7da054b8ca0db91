// Process-wide setup: standard descriptors, signal dispositions and descriptor limit.
#pragma once

#include <cstdint>

namespace sma::app {

/// Opens /dev/null for each of standard input, output and error that is closed: otherwise the first connection would
/// get the descriptor number, and the log would be written to it. To be called before anything is opened.
void open_standard_descriptors() noexcept;

/// Ignores SIGPIPE and SIGXFSZ, so that a closed pipe or a file size limit is a failed write and does not end the
/// process, and SIGUSR2. SIGHUP and SIGUSR1 are ignored until they are handled. To be called before there are threads.
void ignore_stray_signals() noexcept;

/// Keeps the handlers of SIGTERM, SIGINT, SIGHUP and SIGUSR1 until the process has ended. Without this they would have
/// their default action while the server is destroyed, and a late signal would determine the exit status.
void keep_signal_handlers();

/// Raises the limit of open descriptors, as far as the system permits, so that there is one for each connection of each
/// listener. Logs a warning if there is not.
void allow_descriptors_for(std::int64_t connections, int listeners);

}  // namespace sma::app
