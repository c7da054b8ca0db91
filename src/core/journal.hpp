// systemd's journal as the reader of the log (JOURNAL_STREAM in systemd.exec(5), priorities in sd-daemon(3)).
#pragma once

#include "sma/core/logging.hpp"

#include <string_view>

namespace sma::log {

/// True if the journal reads what is written to this descriptor. The variable alone does not say so: whoever redirects
/// the output of a service leaves it in place.
bool is_read_by_journal(int descriptor) noexcept;

/// What the journal takes from the beginning of a line for its priority.
std::string_view journal_prefix(level l) noexcept;

}  // namespace sma::log
