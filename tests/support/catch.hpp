// Catch2, version 2 (Debian 12) or 3, by the names of version 3. Include it after <ATen/ATen.h>, which has a CHECK,
// too.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#else

#include <catch2/catch.hpp>

#include <string>

namespace Catch {

using Detail::Approx;

namespace Matchers {

inline auto ContainsSubstring(std::string const& text) { return Contains(text); }

}  // namespace Matchers
}  // namespace Catch

#endif
