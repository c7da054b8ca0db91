// Scale of repetitive tests: a sanitizer makes everything several times slower.
#pragma once

#include <chrono>

namespace sma::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool under_sanitizer = true;
#else
constexpr bool under_sanitizer = false;
#endif

constexpr int scaled(int release, int sanitized) { return under_sanitizer ? sanitized : release; }

/// How long to wait for what should come at once, before calling it missing.
/// The machine may have others to serve, before which a reload gives way.
constexpr std::chrono::milliseconds patience{60'000};

}  // namespace sma::test
