// Checks that all functions that run one fuzz input share.
#pragma once

#include "sma/core/error.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

namespace sma::test {

/// Aborts unless it holds: a fuzzer and a test both notice.
inline void require(bool holds) {
    if (!holds) std::abort();
}

/// An error that says something, with a code that its reader may see.
inline void require_error(error const& e, std::initializer_list<errc> codes) {
    require(!e.message.empty() && std::find(codes.begin(), codes.end(), e.code) != codes.end());
}

}  // namespace sma::test
