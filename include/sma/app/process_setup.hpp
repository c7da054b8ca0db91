// Process-wide setup: standard descriptors, signal dispositions, descriptor limit and allocator bounds.
#pragma once

#include <cstdint>

namespace sma::app {

/// Opens /dev/null for whichever of standard input, output and error is closed: the log must not get into the first
/// connection, which would have its number. Before anything is opened.
void open_standard_descriptors() noexcept;

/// Bounds the freed memory that the allocator keeps. One arena for all threads, because malloc_trim(3) leaves alone
/// what is free at the end of others; and a bound for that end, which glibc by itself raises to 64 MiB as large blocks
/// come and go. Its lock is no bottleneck: a photograph takes it about fifty times, small blocks are the threads' own.
/// Before there are threads.
void bound_kept_memory() noexcept;

/// A pipe whose other end is closed, or a file that may not grow, is a failed write and not the end of the process, and
/// SIGUSR2 is nothing. SIGHUP and SIGUSR1 are ignored until somebody handles them. Before there are threads.
void ignore_stray_signals() noexcept;

/// SIGTERM, SIGINT, SIGHUP and SIGUSR1 keep the handlers that they have now until the process has ended: without this
/// they would have none while the server is taken down, and whichever comes then would make up the exit status.
void keep_signal_handlers();

/// Raises the limit of open descriptors, as far as the system lets it, so that there is one for each connection. Logs
/// if it does not.
void allow_descriptors_for(std::int64_t connections);

}  // namespace sma::app
