// Error of a system call that failed.
#pragma once

#include "sma/core/error.hpp"

#include <cerrno>
#include <string>
#include <system_error>

namespace sma {

/// io_error with what was tried and what the system says of `errno`, which nothing may have changed since.
inline error errno_error(std::string const& what) {
    return {errc::io_error, what + ": " + std::generic_category().message(errno)};
}

}  // namespace sma
