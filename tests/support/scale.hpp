// How much of a repetitive test to run: a sanitizer makes everything several times slower.
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
constexpr std::chrono::milliseconds patience{under_sanitizer ? 60'000 : 20'000};

}  // namespace sma::test
