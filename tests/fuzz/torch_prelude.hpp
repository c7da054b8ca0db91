// Workaround to be included before everything else with libtorch 1.13, libstdc++ 12 and clang 14: libtorch has vectors
// of an incomplete type, which clang 14 refuses because std::vector's members are constexpr (C++20).
#pragma once

#include <memory>
#include <string>

// std::fill() over vector<bool> has been declared constexpr by now and is left undefined: nothing here calls it.
#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 fill_bits_not_constexpr
#include <vector>
#undef __fill_a1
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
